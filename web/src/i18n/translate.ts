// Typed translation without a library: keys and the arguments of each text are checked by the compiler.
import { en } from './en';
import { es } from './es';

export type Messages = typeof en;
export type MessageKey = keyof Messages;
export type Translation = Record<MessageKey, string>;

/** The names in braces of a text. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type ArgumentValue = string | number;
export type MessageArguments<Key extends MessageKey> = [Placeholders<Messages[Key]>] extends [never]
  ? []
  : [Record<Placeholders<Messages[Key]>, ArgumentValue>];

/** Keys of which a `_one` and a `_other` form exist. */
export type PluralKey = MessageKey extends infer Key
  ? Key extends `${infer Stem}_other`
    ? Stem
    : never
  : never;

export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

const TRANSLATIONS: Record<Language, Translation> = { en, es };

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && value in LANGUAGES;
}

/** The language of the browser if we speak it, else English. */
export function preferredLanguage(candidates: readonly string[]): Language {
  for (const candidate of candidates) {
    const code = candidate.slice(0, 2).toLowerCase();
    if (isLanguage(code)) {
      return code;
    }
  }
  return 'en';
}

function fill(text: string, values: Record<string, ArgumentValue> | undefined): string {
  return values
    ? text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
    : text;
}

export interface Translate {
  <Key extends MessageKey>(key: Key, ...values: MessageArguments<Key>): string;
  /** Picks the singular or plural text for `count` and puts the formatted number into it. */
  plural(stem: PluralKey, count: number): string;
  /** For keys that come from data; undefined when nobody has translated them. */
  optional(key: string): string | undefined;
}

export function translator(language: Language): Translate {
  const texts = TRANSLATIONS[language];
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  const translate = (key: MessageKey, values?: Record<string, ArgumentValue>) => fill(texts[key], values);
  const plural = (stem: PluralKey, count: number) => {
    const key = rules.select(count) === 'one' ? (`${stem}_one` as const) : (`${stem}_other` as const);
    return fill(texts[key], { count: numbers.format(count) });
  };
  const optional = (key: string) => (key in texts ? texts[key as MessageKey] : undefined);
  return Object.assign(translate, { plural, optional }) as Translate;
}
