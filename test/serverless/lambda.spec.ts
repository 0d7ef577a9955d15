import { builtApp } from '../support/built-app.js';
import {
  alb,
  albHealthCheck,
  albMultiValue,
  apiGatewayV1,
  apiGatewayV2,
  functionUrl,
  type LambdaEvent,
} from './lambda-events.js';
import { LambdaFunction } from './lambda-function.js';

const FILES = [
  'test/serverless/function.ts',
  'test/support/hello.ts',
  'test/support/log-lines.ts',
];
const programs = {
  'Nest 12': builtApp(FILES, 12),
  'Nest 11': builtApp(FILES, 11),
};
const NO_OPTIONS = '{}';
const MULTI_VALUE = '{"albMultiValueHeaders":true}';

const events: readonly [string, LambdaEvent][] = [
  ['an ALB', alb],
  ['an ALB with multi-value headers', albMultiValue],
  ['API Gateway with payload version 1', apiGatewayV1],
  ['API Gateway with payload version 2', apiGatewayV2],
  ['a function URL', functionUrl],
];

const places = Object.entries(programs).flatMap(([nest, program]) =>
  ['express', 'fastify'].map((platform) => ({ nest, program, platform })),
);

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not deployed');
  return value;
}

describe('AWS Lambda', () => {
  afterAll(() => LambdaFunction.endAll());

  describe.each(places)(
    'an AWS Lambda function › on $platform with $nest',
    ({ program, platform }) => {
      const deployed = new Map<boolean, LambdaFunction>();
      /** `@fastify/aws-lambda` needs an option where the target group sends multi-value headers. */
      const lambdaFor = (event: LambdaEvent) =>
        found(deployed.get(event === albMultiValue));

      beforeAll(async () => {
        for (const multiValue of [false, true])
          deployed.set(
            multiValue,
            await LambdaFunction.deploy(
              program,
              platform,
              NO_OPTIONS,
              multiValue ? MULTI_VALUE : NO_OPTIONS,
            ),
          );
      });

      describe.each(events)('behind %s', (_, event) => {
        it('serves the hosts of the list and refuses others', async () => {
          const lambda = lambdaFor(event);
          const served = await lambda.handle(event('/hello', ['example.com']));
          expect(served).toMatchObject({ statusCode: 200, body: 'hello' });
          const refused = await lambda.handle(
            event('/hello', ['evil.example']),
          );
          expect(refused.statusCode).toBe(400);
          expect(JSON.parse(refused.body)).toEqual({
            statusCode: 400,
            message: 'Host not allowed',
            error: 'Bad Request',
          });
          expect(JSON.stringify(refused)).toContain('no-store');
        });

        it('refuses unmatched paths', async () => {
          const lambda = lambdaFor(event);
          expect(await lambda.status(event('/none', ['evil.example']))).toBe(
            400,
          );
          expect(await lambda.status(event('/none', ['example.com']))).toBe(
            404,
          );
        });

        it('follows the rules of routes', async () => {
          const lambda = lambdaFor(event);
          const admin = ['admin.example.com'];
          expect(await lambda.handle(event('/admin', admin))).toMatchObject({
            statusCode: 200,
            body: 'admin',
          });
          expect(await lambda.status(event('/hello', admin))).toBe(400);
          expect(await lambda.status(event('/admin', ['example.com']))).toBe(
            400,
          );
        });

        it('refuses a request without a host, except on probe routes', async () => {
          const lambda = lambdaFor(event);
          expect(await lambda.status(event('/hello', []))).toBe(400);
          expect(await lambda.status(event('/ready', []))).toBe(200);
        });
      });

      it.each([
        ['an ALB with multi-value headers', albMultiValue],
        ['API Gateway with payload version 1', apiGatewayV1],
        ['API Gateway with payload version 2', apiGatewayV2],
      ])('refuses several Host lines behind %s', async (_, event) => {
        for (const hosts of [
          ['example.com', 'evil.example'],
          ['evil.example', 'example.com'],
          ['example.com', 'example.com'],
        ])
          expect(await lambdaFor(event).status(event('/hello', hosts))).toBe(
            400,
          );
      });

      it('passes the health check of an ALB, which has no Host', async () => {
        const lambda = lambdaFor(alb);
        expect(await lambda.status(albHealthCheck('/health'))).toBe(200);
        expect(await lambda.status(albHealthCheck('/hello'))).toBe(400);
      });

      it('logs a refused host once, with the option that would allow it', async () => {
        const lambda = lambdaFor(alb);
        await lambda.handle(alb('/hello', ['once.example']));
        await lambda.handle(apiGatewayV2('/hello', ['once.example']));
        const lines = lambda.warnings.filter((line) => line.includes('once'));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^Refused Host "once\.example".*hosts/);
      });

      it('checks X-Forwarded-Host where the options demand it', async () => {
        const lambda = await LambdaFunction.deploy(
          program,
          platform,
          '{"forwardedHost":"always"}',
        );
        const event = alb('/hello', ['example.com']) as {
          headers: Record<string, string>;
        };
        expect(await lambda.status(event)).toBe(200);
        event.headers['x-forwarded-host'] = 'evil.example';
        expect(await lambda.status(event)).toBe(400);
      });
    },
  );

  describe('@fastify/aws-lambda without albMultiValueHeaders', () => {
    // inject() sends `localhost:80` where a request has no Host.
    it('drops the Host of a multi-value event, so that every request is for localhost', async () => {
      const lambda = await LambdaFunction.deploy(
        programs['Nest 12'],
        'fastify',
      );
      for (const host of ['example.com', 'evil.example'])
        expect(await lambda.status(albMultiValue('/hello', [host]))).toBe(400);
      expect(lambda.warnings).toEqual([
        expect.stringContaining('Refused Host "localhost:80"'),
      ]);
    });
  });
});
