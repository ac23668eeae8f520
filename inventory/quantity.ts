/** How much of each unit one of another is, by the way people write that. */
const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  MiB: { k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 },
  GiB: { m: 1 / 1024, g: 1, t: 1024 },
  seconds: { s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86_400 },
};

/**
 * What a size or a time comes to that was written with its unit.
 * @param text e.g. `2GB`, `1.5 GiB`, `5m`
 * @param unit what is wanted: `MiB`, `GiB` or `seconds`
 * @returns the whole number of these, rounded up; undefined where the text says none
 */
function quantityIn(text: string, unit: string): number | undefined {
  const [, number = '', name = ''] = /^\s*(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const lower = name.toLowerCase();
  const factors = UNITS[unit];
  const factor = factors?.[lower] ?? factors?.[unit === 'seconds' ? '' : lower.replace(/i?b$|ib?$/, '')];
  return factor === undefined ? undefined : Math.ceil(Number(number.replace(',', '.')) * factor);
}

/**
 * What to write where a whole number is wanted.
 * @param value what stands there: a text or a fraction
 * @param min smallest allowed
 * @param max largest allowed
 * @param unit what it counts, `MiB`, `GiB` or `seconds`; undefined for other things
 * @returns what to do
 */
export function wholeNumberFix(
  value: string | number,
  min: number,
  max: number,
  unit: string | undefined,
): string {
  const counts = unit === undefined ? '' : `; it counts ${unit}`;
  const fits = (number: number): boolean => number >= min && number <= max;
  if (typeof value === 'string') {
    const number = /^\s*\d+\s*$/.test(value) ? Number(value) : unit && quantityIn(value, unit);
    if (number !== undefined && number !== '' && fits(number))
      return `write ${number}, without quotes${counts}`;
  } else if (unit === 'MiB' && value < 64 && fits(Math.ceil(value * 1024))) {
    return `write ${Math.ceil(value * 1024)} for ${value} GiB${counts}`;
  } else if (fits(Math.ceil(value))) {
    return `write e.g. ${Math.ceil(value)}${counts}`;
  }
  return `write a whole number from ${min} to ${max}${counts}`;
}
