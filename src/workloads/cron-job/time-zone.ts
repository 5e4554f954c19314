// IANA time zones, by the platform's own data (Intl).

const COMPONENT = /^[A-Za-z.\-_0-9+]{1,14}$/;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

/** Whether a zone of this exact name exists. */
export function isTimeZone(name: string): boolean {
  // Intl also accepts offsets such as `+01:00` and any case.
  if (!/^[A-Z]/.test(name)) return false;
  try {
    formatOf(name);
  } catch {
    // lint: a RangeError is Intl's answer that there is none
    return false;
  }
  const lower = name.toLowerCase();
  const same = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === lower);
  return same === undefined || same === name;
}

/** The problem of `timeZone`; undefined: none. */
export function timeZoneProblem(zone: string): string | undefined {
  if (zone === '') return 'timeZone must be nil or non-empty string';
  const parts = zone.split('/');
  if (
    parts.some(
      (part) => part === '.' || part === '..' || part.startsWith('-') || !COMPONENT.test(part),
    )
  )
    return `unknown time zone ${zone}`;
  if (zone.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  return isTimeZone(zone) ? undefined : `unknown time zone ${zone}`;
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  if (zone === 'UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(instant / 1000) * 1000;
}

/** RFC 3339 with the zone's offset, to the second. */
export function rfc3339In(zone: string, time: Date): string {
  const offset = offsetAt(zone, time.getTime());
  const wall = new Date(time.getTime() + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${wall}Z`;
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  return `${wall}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
