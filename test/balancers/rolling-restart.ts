import { allUp, checkWith, Haproxy, http2Of } from './haproxy.js';
import { Instance, type InstanceSettings } from './instance.js';
import { Load, type LoadOptions } from './load.js';

/** Three instances, one after the other, end and start again under load. */
export class RollingRestart {
  private constructor(
    readonly instances: readonly Instance[],
    readonly haproxy: Haproxy,
    readonly load: Load,
  ) {}

  /** @param app the path of the compiled `app.js` */
  static async prepare(
    app: string,
    settings: Omit<InstanceSettings, 'port'>,
    loadOptions: LoadOptions = {},
  ) {
    const instances = await Promise.all(
      [1, 2, 3].map(() => Instance.start(app, settings)),
    );
    const haproxy = await Haproxy.start({
      app: [
        'option httpchk',
        checkWith('10.0.3.17:3000'),
        ...instances.map(
          ({ port }, i) =>
            `server s${i + 1} 127.0.0.1:${port} check inter 200 fall 2 rise 1${http2Of(settings.platform)}`,
        ),
      ],
    });
    await haproxy.until(allUp);
    const load = new Load(haproxy.port, loadOptions);
    return new RollingRestart(instances, haproxy, load);
  }

  /**
   * @param onSignal is called before each SIGTERM
   * @returns how each process ended
   */
  async run(onSignal: () => void = () => undefined) {
    const ends = [];
    for (const instance of this.instances) {
      onSignal();
      ends.push(await instance.stop());
      await instance.start();
      await this.haproxy.until(allUp);
    }
    return ends;
  }
}
