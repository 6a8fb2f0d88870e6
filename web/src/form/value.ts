import type { Field } from "./field";

/** What a person has typed: texts and ticks, nested as the fields are. */
export type Input = string | boolean | Input[] | { [name: string]: Input };
export type Inputs = Record<string, Input>;

/** A value that the form itself can tell is wrong; the path is the one that the server uses. */
export type Problem = { path: string; message: string };
export type Reading = { data: Record<string, unknown>; problems: Problem[] };

/** The inputs of an untouched form: the schema's defaults, else empty. */
export function emptyInputs(fields: readonly Field[]): Inputs {
  return Object.fromEntries(fields.map((field) => [field.name, emptyInput(field)]));
}

/** Turn inputs into the event's data: empty optional values are left out, numbers are read, money stays text. */
export function readInputs(fields: readonly Field[], inputs: Inputs, at = ""): Reading {
  const reading: Reading = { data: {}, problems: [] };
  for (const field of fields) {
    const path = at ? `${at}.${field.name}` : field.name;
    const value = readInput(field, inputs[field.name] ?? emptyInput(field), path, reading.problems);
    if (value !== undefined) reading.data[field.name] = value;
    else if (field.required && !reading.problems.some((problem) => problem.path === path))
      reading.problems.push({ path, message: `${field.label} is required.` });
  }
  return reading;
}

function emptyInput(field: Field): Input {
  const preset = field.schema.default;
  switch (field.kind) {
    case "boolean":
      return preset === true;
    case "texts":
      return Array.isArray(preset) ? preset.map(String) : [];
    case "rows":
      return [];
    case "group":
      return emptyInputs(field.fields);
    case "json":
      return preset === undefined ? "" : JSON.stringify(preset);
    default:
      return preset === undefined || preset === null ? "" : String(preset);
  }
}

function readInput(field: Field, input: Input, path: string, problems: Problem[]): unknown {
  if (typeof input === "boolean") return input;
  if (typeof input === "string") return readText(field, input.trim(), path, problems);
  if (!Array.isArray(input)) return readGroup(field, input, path, problems);
  const texts = input.filter((item): item is string => typeof item === "string").map((item) => item.trim());
  const kept = texts.filter(Boolean);
  const rows = input.filter(isGroup).map((row, n) => {
    const { data, problems: found } = readInputs(field.fields, row, `${path}.${n}`);
    problems.push(...found);
    return data;
  });
  const list = [...kept, ...rows];
  return list.length > 0 || field.required ? list : undefined;
}

function readGroup(field: Field, input: Inputs, path: string, problems: Problem[]): unknown {
  const { data, problems: found } = readInputs(field.fields, input, path);
  if (!field.required && Object.keys(data).length === 0) return undefined;
  problems.push(...found);
  return data;
}

function readText(field: Field, text: string, path: string, problems: Problem[]): unknown {
  if (text === "") return undefined;
  const wrong = (message: string) => void problems.push({ path, message });
  switch (field.kind) {
    case "integer":
      return /^[+-]?\d+$/.test(text) ? Number(text) : wrong("A whole number is needed.");
    case "number":
      return Number.isFinite(Number(text)) ? Number(text) : wrong("A number is needed.");
    case "decimal":
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? text : wrong("An amount such as 12.50 is needed.");
    case "choice":
      return field.options.find((option) => option.value === text)?.json;
    case "moment":
      return readMoment(text) ?? wrong("A date and a time are needed.");
    case "json":
      return readJson(text) ?? wrong("JSON is needed.");
    default:
      return text;
  }
}

function readMoment(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isGroup(input: Input): input is Inputs {
  return typeof input === "object" && !Array.isArray(input);
}
