import { words } from "@/format/word";

/** What a JSON Schema may say of a value, as far as the event forms understand it. */
export type JsonSchema = {
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  enum?: unknown[];
  oneOf?: JsonSchema[];
  const?: unknown;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  pattern?: string;
  /** What programs add and nobody is asked for. */
  readOnly?: boolean;
};

export type FieldKind =
  | "text"
  | "longText"
  | "decimal"
  | "integer"
  | "number"
  | "moment"
  | "date"
  | "boolean"
  | "choice"
  | "texts"
  | "group"
  | "rows"
  | "json";

/** A field as it stands in one of many narrow rows: what would be said again and again is left out. */
function brief(field: Field): Field {
  return { ...field, description: undefined, unit: undefined };
}

/** One value to choose: as the form holds it, as people read it, as the server gets it. */
export type Option = { value: string; label: string; json: unknown };

/** One field of a form: how to ask for a value of the event's data. */
export type Field = {
  name: string;
  label: string;
  description?: string | undefined;
  kind: FieldKind;
  required: boolean;
  options: readonly Option[];
  /** What the value is counted in: the currency of an amount. */
  unit?: string | undefined;
  fields: readonly Field[];
  schema: JsonSchema;
};

/** The fields that an event's data schema asks people for, in the order of the schema; none when it asks for nothing. */
export function fieldsOf(schema: unknown, currency?: string): Field[] {
  const object = isSchema(schema) ? schema : {};
  const required = new Set(object.required ?? []);
  return Object.entries(object.properties ?? {})
    .filter(([, property]) => property.readOnly !== true)
    .map(([name, property]) => fieldOf(name, property, required.has(name), currency));
}

/** What a page knows, by the name of the field, of that which programs add to an event's data and nobody is asked for. */
export type Added = Readonly<Record<string, unknown>>;

/** What of it belongs into the data of an event. */
export function addedTo(schema: unknown, added: Added): Record<string, unknown> {
  const properties = (isSchema(schema) ? schema : {}).properties ?? {};
  return Object.fromEntries(Object.entries(added).filter(([name]) => properties[name]?.readOnly === true));
}

function fieldOf(name: string, schema: JsonSchema, required: boolean, currency: string | undefined): Field {
  const kind = kindOf(schema);
  const inner = kind === "rows" ? schema.items : kind === "group" ? schema : undefined;
  return {
    name,
    label: schema.title ?? words(name),
    ...(schema.description ? { description: schema.description } : {}),
    kind,
    required,
    options: optionsOf(schema),
    fields: inner ? fieldsOf(inner, currency).map((field) => (kind === "rows" ? brief(field) : field)) : [],
    ...(schema.format === "money" && currency ? { unit: currency } : {}),
    schema,
  };
}

/** What there is to choose from, by the name of the field that asks for it. */
export type Choices = Readonly<Record<string, readonly Option[]>>;

/** Let people choose what a page knows, instead of typing it, wherever a field asks for it. */
export function withChoices(fields: readonly Field[], choices: Choices): Field[] {
  return fields.map((field) => {
    const options = choices[field.name];
    if (options && options.length > 0) return { ...field, kind: "choice", options };
    return { ...field, fields: withChoices(field.fields, choices) };
  });
}

/** The values of `oneOf` have titles; those of a plain `enum` are shown as they are. */
function optionsOf(schema: JsonSchema): Option[] {
  const titled = isTitledChoice(schema) ? (schema.oneOf ?? []) : (schema.enum ?? []).map((value) => ({ const: value }));
  return titled
    .filter((option) => option.const !== null)
    .map((option: JsonSchema) => ({
      value: String(option.const),
      label: option.title ?? String(option.const),
      json: option.const,
    }));
}

function isTitledChoice({ oneOf = [] }: JsonSchema): boolean {
  return oneOf.length > 0 && oneOf.every((option) => "const" in option);
}

function kindOf(schema: JsonSchema): FieldKind {
  if (schema.enum || isTitledChoice(schema)) return "choice";
  switch (typeOf(schema)) {
    case "string":
      return textKind(schema);
    case "integer":
      return "integer";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return schema.properties ? "group" : "json";
    case "array":
      return arrayKind(schema.items);
    default:
      return "json";
  }
}

function textKind(schema: JsonSchema): FieldKind {
  if (schema.format === "money" || schema.format === "decimal") return "decimal";
  if (schema.format === "date-time") return "moment";
  if (schema.format === "date") return "date";
  return (schema.maxLength ?? 0) > 255 ? "longText" : "text";
}

function arrayKind(items: JsonSchema | undefined): FieldKind {
  const type = items ? typeOf(items) : undefined;
  if (type === "string") return "texts";
  return type === "object" && items?.properties ? "rows" : "json";
}

function typeOf(schema: JsonSchema): string | undefined {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.find((type) => type !== "null");
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
