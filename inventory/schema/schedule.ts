import { Cron } from 'croner';

const SHORTHANDS =
  /^(minutely|hourly|daily|monthly|weekly|yearly|annually|quarterly|semiannually)( [A-Za-z_]+(\/[A-Za-z_+-]+)*)?$/;
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const DAYS = new RegExp(`^${DAY}(?:(?:\\.\\.|-)${DAY})?(?:,${DAY}(?:(?:\\.\\.|-)${DAY})?)*$`, 'i');
const ZONE = /^(UTC|[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z_+-]+)+)$/;

/**
 * Whether systemd takes a text for a calendar event. The grammar only: that a date never comes is not seen.
 * Source: systemd.time(7), CALENDAR EVENTS.
 * @param value e.g. `Mon..Fri *-*-* 06:30:00`
 * @returns true when every part is well-formed and in its range
 */
export function isOnCalendar(value: string): boolean {
  if (SHORTHANDS.test(value)) return true;
  const words = value.split(' ');
  if (words.includes('')) return false;
  if (words.length > 1 && ZONE.test(words.at(-1) ?? '')) words.pop();
  let known = false;
  if (DAYS.test(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  if ((words[0] ?? '').includes('-') && isDate(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  if (words.length > 0 && isTime(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  return known && words.length === 0;
}

/** `[year-]month-day`, or `~` before a day that counts from the month's end. */
function isDate(text: string): boolean {
  const parts = text.split(/[-~]/);
  if (parts.length < 2 || parts.length > 3) return false;
  const [day = '', month = '', year = '*'] = [...parts].reverse();
  return isField(day, 1, 31) && isField(month, 1, 12) && isField(year, 1970, 2199);
}

/** `hour:minute[:second]`. */
function isTime(text: string): boolean {
  const parts = text.split(':');
  if (parts.length < 2 || parts.length > 3) return false;
  const [hour = '', minute = '', second = '0'] = parts;
  return isField(hour, 0, 23) && isField(minute, 0, 59) && isField(second.replace(/\.\d{1,6}$/, ''), 0, 59);
}

/** `*`, numbers, ranges `a..b`, each with a repetition `/n`, separated by commas. */
function isField(text: string, min: number, max: number): boolean {
  return text.split(',').every((item) => {
    const [, first = '', last, step] = /^(\*|\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(item) ?? [];
    if (first === '') return false;
    if (step !== undefined && Number(step) === 0) return false;
    if (first === '*') return last === undefined;
    const numbers = [first, last].flatMap((one) => (one === undefined ? [] : [Number(one)]));
    return (
      numbers.every((number) => number >= min && number <= max) &&
      (numbers[1] === undefined || numbers[0] === undefined || numbers[0] <= numbers[1])
    );
  });
}

/**
 * Whether cron takes a text for a schedule: five fields (crontab(5)), checked by croner, which is stricter than
 * cron only in that a date that never comes is refused.
 * @param value e.g. `0 6 * * 1-5`
 * @returns true when it has five fields without croner's extensions, and some date matches
 */
export function isCron(value: string): boolean {
  if (!/^[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}$/.test(value) || /\b\d*[LW]\b/.test(value)) return false;
  try {
    return new Cron(value, { paused: true, timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}
