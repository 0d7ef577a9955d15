import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { removeSnippets, typeErrors, writeSnippets } from '../docs/snippets.js';
import { CloudFormation, parseTemplate } from './cloudformation.js';

const read = (path: string) =>
  readFileSync(join(import.meta.dirname, '../../deploy', path), 'utf8');

/** Where `kubernetes-types` has the type of each kind. */
const GROUPS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  Service: 'core/v1',
  Ingress: 'networking/v1',
};

describe('schemas of the platforms', () => {
  describe('deploy/ecs/service.yaml', () => {
    const template = parseTemplate(read('ecs/service.yaml'));
    const cloudFormation = new CloudFormation();
    const resources = Object.entries(template.Resources);

    it.each(resources)(
      '%s is as CloudFormation specifies it',
      (_, resource) => {
        expect(
          cloudFormation.errors(resource.Type, resource.Properties),
        ).toEqual([]);
      },
    );

    it('refers only to what it declares', () => {
      const text = JSON.stringify(template.Resources);
      const names = [...text.matchAll(/\{"Ref":"([^"]+)"\}/g)].map(
        ([, name = '']) => name,
      );
      expect(names.length).toBeGreaterThan(10);
      const declared = [
        'AWS::StackName',
        ...Object.keys(template.Parameters),
        ...Object.keys(template.Resources),
      ];
      expect(names.filter((name) => !declared.includes(name))).toEqual([]);
      const unused = Object.keys(template.Parameters).filter(
        (name) => !names.includes(name),
      );
      expect(unused).toEqual([]);
    });

    it.each([
      ['a misspelt property', { Cluster: 'c', TaskDefinitions: 't' }],
      ['a wrong type', { DesiredCount: 'two' }],
      ['a wrong value', { LaunchType: 'FARGET' }],
      ['a misspelt property inside', { LoadBalancers: [{ Container: 'app' }] }],
    ])('the check finds %s', (_, properties) => {
      expect(
        cloudFormation.errors('AWS::ECS::Service', properties),
      ).not.toEqual([]);
    });
  });

  describe('deploy/kubernetes', () => {
    const manifests = [
      'deployment.yaml',
      'service.yaml',
      'ingress.yaml',
      'service-nlb.yaml',
    ];
    const typed = (manifest: unknown) => {
      const { kind = '' } = manifest as { kind?: string };
      return `import type { ${kind} } from 'kubernetes-types/${GROUPS[kind]}.js';
export const manifest: ${kind} = ${JSON.stringify(manifest, undefined, 2)};
`;
    };
    const parsed = (name: string) => {
      const [document, ...others] = parseAllDocuments(
        read(`kubernetes/${name}`),
      );
      expect(others).toEqual([]);
      expect(document?.errors).toEqual([]);
      return document?.toJS() as Record<string, unknown>;
    };

    beforeAll(() => {
      const [deployment = ''] = manifests;
      const json = JSON.stringify(parsed(deployment));
      const wrong = (from: string, to: string) =>
        typed(JSON.parse(json.replace(from, to)));
      writeSnippets([], {
        ...Object.fromEntries(
          manifests.map((name) => [
            name.replace('.yaml', '.ts'),
            typed(parsed(name)),
          ]),
        ),
        'misspelt.ts': wrong('terminationGracePeriodSeconds', 'gracePeriod'),
        'inside.ts': wrong('"periodSeconds"', '"intervalSeconds"'),
        'wrong-type.ts': wrong(
          '"failureThreshold":2',
          '"failureThreshold":"2"',
        ),
        'incomplete.ts': wrong('"port":"http"', '"scheme":"HTTP"'),
      });
    });
    afterAll(removeSnippets);

    it('has manifests that fit the types of the API', () => {
      const files = manifests.map((name) => name.replace('.yaml', '.ts'));
      expect(typeErrors(files)).toEqual([]);
    });

    it('the check finds misspelt names, wrong types and what is missing', () => {
      expect(typeErrors(['inside.ts', 'misspelt.ts', 'wrong-type.ts'])).toEqual(
        [
          expect.stringContaining('intervalSeconds'),
          expect.stringContaining('gracePeriod'),
          expect.stringContaining(`Type 'string' is not assignable`),
        ],
      );
      expect(typeErrors(['incomplete.ts'])).toEqual([
        expect.stringContaining(`Property 'port' is missing`),
      ]);
    });
  });
});
