import { Injectable } from '@nestjs/common';
import { AllowedHosts } from 'nestjs-allowed-hosts';
import { Domains } from './domains.js';

/** Drops the cached result of each changed name, positive or negative, and of a lookup that is in flight. */
@Injectable()
export class ForgetChanged {
  constructor(domains: Domains, allowedHosts: AllowedHosts) {
    domains.changes$.subscribe((hostname) => allowedHosts.forget(hostname));
  }
}
