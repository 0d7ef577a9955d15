export declare class Redis {
  static start(): Promise<Redis>;
  readonly port: number;
  readonly url: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  remove(): Promise<void>;
}

export declare class Tenants {
  static start(
    main: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<Tenants>;
  readonly port: number;
  readonly output: string;
  readonly running: boolean;
  status(host: string, path?: string, method?: string): Promise<number>;
  add(hostname: string): Promise<number>;
  remove(hostname: string): Promise<number>;
  msUntil(host: string, status: number, limitMs?: number): Promise<number>;
  stop(): Promise<number | null>;
}

export declare function freePort(): Promise<number>;
