import { domainToASCII } from 'node:url';
import {
  BadRequestException,
  Controller,
  Delete,
  HttpCode,
  Logger,
  Param,
  Put,
  ServiceUnavailableException,
} from '@nestjs/common';
import { AllowHosts, parseHostHeader } from 'nestjs-allowed-hosts';
import { Domains } from './domains.js';

/** Served on this host only. A real application also needs a guard that authenticates its operators. */
@AllowHosts('admin.example.com')
@Controller('domains')
export class DomainsController {
  readonly #logger = new Logger('Domains');

  constructor(private readonly domains: Domains) {}

  @Put(':hostname')
  @HttpCode(204)
  async add(@Param('hostname') hostname: string): Promise<void> {
    await this.#written(this.domains.add(canonical(hostname)));
  }

  @Delete(':hostname')
  @HttpCode(204)
  async remove(@Param('hostname') hostname: string): Promise<void> {
    await this.#written(this.domains.remove(canonical(hostname)));
  }

  async #written(change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch (error) {
      this.#logger.warn(`A change could not be saved: ${String(error)}`);
      throw new ServiceUnavailableException('Not saved, please retry');
    }
  }
}

/** The form in which `lookup.find` receives it. */
function canonical(hostname: string): string {
  const host = parseHostHeader(domainToASCII(hostname));
  if (host.ok && host.kind === 'name') return host.hostname;
  throw new BadRequestException('Not a domain name');
}
