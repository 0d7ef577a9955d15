import { Injectable } from '@nestjs/common';
import { AllowedHosts } from 'nestjs-allowed-hosts';
import { Domains } from './domains.js';

/** What has changed is asked again, a yes and a no alike; so is what is being asked at this moment. */
@Injectable()
export class ForgetChanged {
  constructor(domains: Domains, allowedHosts: AllowedHosts) {
    domains.changes$.subscribe((hostname) => allowedHosts.forget(hostname));
  }
}
