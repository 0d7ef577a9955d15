import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type {
  Property,
  PropertyType,
  SpecDatabase,
  TypeDefinition,
} from '@aws-cdk/service-spec-types';
import { Ajv, type AnySchemaObject } from 'ajv';
import { parse } from 'yaml';

/** Values that CloudFormation computes. They may be in every place. */
const INTRINSIC = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  patternProperties: { '^(?:Ref|Fn::\\w+)$': {} },
  additionalProperties: false,
};

/** Parses a template; `!Ref name` becomes `{ Ref: 'name' }`. */
export function parseTemplate(yaml: string): Template {
  return parse(yaml, {
    customTags: [
      { tag: '!Ref', resolve: (name: string) => ({ Ref: name }) },
      {
        tag: '!Join',
        collection: 'seq',
        resolve: (list) => ({
          'Fn::Join': (list as { toJSON(): unknown }).toJSON(),
        }),
      },
    ],
  }) as Template;
}

export interface Template {
  readonly Parameters: Readonly<Record<string, object>>;
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: object }>
  >;
}

/** Checks properties of resources against the specification of CloudFormation that AWS generates the CDK from. */
export class CloudFormation {
  readonly #database: SpecDatabase = loadAwsServiceSpecSync();
  readonly #ajv = new Ajv({ allErrors: true, strict: false });

  /** @returns what is wrong, as `/path: reason` */
  errors(type: string, properties: unknown): readonly string[] {
    const resource = this.#database
      .lookup('resource', 'cloudFormationType', 'equals', type)
      .only();
    const definitions: Record<string, AnySchemaObject> = {};
    const check = this.#ajv.compile({
      ...this.#objectOf(resource.properties, definitions),
      definitions,
    });
    if (check(properties)) return [];
    return (check.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }

  #objectOf(
    properties: Readonly<Record<string, Property>>,
    definitions: Record<string, AnySchemaObject>,
  ): AnySchemaObject {
    const entries = Object.entries(properties);
    return {
      type: 'object',
      additionalProperties: false,
      required: entries
        .filter(([, { required }]) => required)
        .map(([name]) => name),
      properties: Object.fromEntries(
        entries.map(([name, { type }]) => [
          name,
          { anyOf: [this.#schemaOf(type, definitions), INTRINSIC] },
        ]),
      ),
    };
  }

  #schemaOf(
    type: PropertyType,
    definitions: Record<string, AnySchemaObject>,
  ): AnySchemaObject {
    switch (type.type) {
      case 'string':
        return {
          type: 'string',
          ...(type.allowedValues ? { enum: type.allowedValues } : {}),
        };
      case 'integer':
      case 'number':
      case 'boolean':
        return { type: type.type };
      case 'array': {
        const items = this.#schemaOf(type.element, definitions);
        return { type: 'array', items: { anyOf: [items, INTRINSIC] } };
      }
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.#schemaOf(type.element, definitions),
        };
      case 'union':
        return {
          anyOf: type.types.map((one) => this.#schemaOf(one, definitions)),
        };
      case 'ref': {
        const definition: TypeDefinition = this.#database.get(
          'typeDefinition',
          type.reference.$ref,
        );
        if (!Object.hasOwn(definitions, definition.$id)) {
          // A type may contain itself.
          definitions[definition.$id] = {};
          definitions[definition.$id] = this.#objectOf(
            definition.properties,
            definitions,
          );
        }
        return { $ref: `#/definitions/${definition.$id}` };
      }
      default:
        return {};
    }
  }
}
