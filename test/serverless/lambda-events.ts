/** A request as an AWS service passes it to a function. `host` has several values where a client sent several lines. */
export type LambdaEvent = (path: string, host: readonly string[]) => object;

const ELB = { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:…' } };
const BODY = { body: '', isBase64Encoded: false };
const USER_AGENT = 'curl/8.5.0';

/** A header is absent if the request does not have it, not `undefined`. */
const single = (host: readonly string[], name: string) =>
  host.length === 0 ? {} : { [name]: host.at(-1) };
const multiple = (host: readonly string[], name: string) =>
  host.length === 0 ? {} : { [name]: host };

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html */
export const alb: LambdaEvent = (path, host) => ({
  requestContext: ELB,
  httpMethod: 'GET',
  path,
  queryStringParameters: {},
  headers: { ...single(host, 'host'), 'user-agent': USER_AGENT },
  ...BODY,
});

/** A target group with `lambda.multi_value_headers.enabled` sends no `headers`. */
export const albMultiValue: LambdaEvent = (path, host) => ({
  requestContext: ELB,
  httpMethod: 'GET',
  path,
  multiValueQueryStringParameters: {},
  multiValueHeaders: { ...multiple(host, 'host'), 'user-agent': [USER_AGENT] },
  ...BODY,
});

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export const apiGatewayV1: LambdaEvent = (path, host) => ({
  resource: '/{proxy+}',
  path,
  httpMethod: 'GET',
  headers: { ...single(host, 'Host'), 'User-Agent': USER_AGENT },
  multiValueHeaders: { ...multiple(host, 'Host'), 'User-Agent': [USER_AGENT] },
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  pathParameters: { proxy: path.slice(1) },
  requestContext: {
    resourcePath: '/{proxy+}',
    path: `/prod${path}`,
    stage: 'prod',
    httpMethod: 'GET',
    identity: { sourceIp: '203.0.113.7' },
  },
  ...BODY,
});

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export const apiGatewayV2: LambdaEvent = (path, host) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  // Values of several lines are joined by commas.
  headers: {
    ...(host.length === 0 ? {} : { host: host.join(',') }),
    'user-agent': USER_AGENT,
  },
  requestContext: {
    stage: '$default',
    http: { method: 'GET', path, sourceIp: '203.0.113.7' },
  },
  isBase64Encoded: false,
});

/** @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export const functionUrl: LambdaEvent = (path, host) => ({
  ...apiGatewayV2(path, host),
  requestContext: {
    stage: '$default',
    authorizer: { iam: {} },
    http: { method: 'GET', path, sourceIp: '203.0.113.7' },
  },
});

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#enable-health-checks-lambda */
export const albHealthCheck = (path: string) => ({
  requestContext: ELB,
  httpMethod: 'GET',
  path,
  queryStringParameters: {},
  headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
  ...BODY,
});
