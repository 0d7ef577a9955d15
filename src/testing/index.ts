export type { FakeEc2Instance, FakeInterface } from './ec2-items.js';
export { FakeEc2Metadata } from './fake-ec2-metadata.js';
export { FakeEcsMetadata, type FakeEcsNetwork } from './fake-ecs-metadata.js';
export type {
  FakeService,
  FakeServiceOptions,
  FakeServiceRequest,
} from './fake-service.js';
export type { Fault, FaultAction } from './fault.js';
