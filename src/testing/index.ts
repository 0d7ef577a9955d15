export { FakeEc2Metadata } from './fake-ec2-metadata.js';
export type { FakeEc2Instance, FakeInterface } from './fake-ec2.options.js';
export { FakeEcsMetadata } from './fake-ecs-metadata.js';
export type { FakeEcsNetwork } from './fake-ecs.options.js';
export type { FakeService, FakeServiceRequest } from './fake-service.js';
export type { FakeServiceOptions } from './fake-service.options.js';
export type { Fault, FaultAction } from './fault.js';
