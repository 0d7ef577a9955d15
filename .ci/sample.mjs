// Starts the sample as a reader of the README does, and checks its responses.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { freePort } from '../test/support/processes.mjs';

const platform = process.argv[2];
const expected = [
  { path: '/health', host: '10.0.0.1', status: 200 },
  { path: '/', host: 'evil.example', status: 400 },
];

const port = await freePort();

const statusFor = async ({ path, host }) => {
  const sent = request({ port, path, headers: { host }, agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
};

// A group of its own, because npm does not hand a signal down to the application.
const npm = spawn('npm', ['start', '--', platform], {
  detached: true,
  env: { ...process.env, PORT: String(port) },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const group = -Number(npm.pid);
const closed = once(npm, 'close');
const limit = setTimeout(() => process.kill(group, 'SIGKILL'), 120_000);

let listening = false;
for await (const line of createInterface(npm.stdout)) {
  console.log(line);
  if (listening || !line.includes('listening')) continue;
  listening = true;
  for (const wanted of expected) {
    const status = await statusFor(wanted);
    const verdict = status === wanted.status ? 'ok' : 'FAILED';
    console.log(
      `${verdict}: ${platform} answered ${wanted.path} for ${wanted.host} with ${status}`,
    );
    if (verdict === 'FAILED') process.exitCode = 1;
  }
  process.kill(group, 'SIGTERM');
}

await closed;
clearTimeout(limit);
if (!listening) {
  console.log(`FAILED: the ${platform} sample never logged that it listens`);
  process.exitCode = 1;
}
