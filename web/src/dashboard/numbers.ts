const formats = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions, locale?: string): Intl.NumberFormat {
  const key = `${locale ?? ''} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, known);
  return known;
}

/**
 * 1234.5 → "$1,235", 12.3 → "$12.30", 0.000531 → "$0.000531": cents where they matter,
 * three digits of what is less than ten of them. A currency that there is not stands behind.
 */
export function money(amount: number, currency: string, locale?: string): string {
  try {
    const size = Math.abs(amount);
    const plain = format({ style: 'currency', currency }, locale);
    const cent = 10 ** -(plain.resolvedOptions().maximumFractionDigits ?? 2);
    if (size > 0 && size < 10 * cent) return format({ style: 'currency', currency, maximumSignificantDigits: 3 }, locale).format(amount);
    if (size >= 1000) return format({ style: 'currency', currency, maximumFractionDigits: 0 }, locale).format(amount);
    return plain.format(amount);
  } catch {
    return `${format({ maximumSignificantDigits: 4 }, locale).format(amount)} ${currency}`;
  }
}

/** 12345 → "12,345". */
export function count(n: number, locale?: string): string {
  return format({ maximumFractionDigits: 0 }, locale).format(n);
}

/** 12345678 → "12.3M". */
export function compact(n: number, locale?: string): string {
  return format({ notation: 'compact', maximumFractionDigits: 1 }, locale).format(n);
}

/** 0.0042 → "0.42 %". */
export function percent(share: number, locale?: string): string {
  const value = share * 100;
  const digits = Math.abs(value) < 10 ? 2 : 0;
  return `${format({ minimumFractionDigits: digits, maximumFractionDigits: digits }, locale).format(value)} %`;
}

function scaled(n: number, units: readonly string[], locale?: string): string {
  let value = n;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${format({ minimumFractionDigits: digits, maximumFractionDigits: digits }, locale).format(value)} ${units[unit]}`;
}

/** 1_234_000_000 → "1.2 GB", of 1e9 bytes. */
export function bytes(n: number, locale?: string): string {
  return scaled(n, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], locale);
}

/** 5_240_000 → "5.2 Mbit/s". */
export function bitRate(bitsPerSecond: number, locale?: string): string {
  return scaled(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], locale);
}

/** 1.234 → "1.23 s". */
export function seconds(s: number, locale?: string): string {
  const digits = s < 10 ? 2 : 1;
  return `${format({ minimumFractionDigits: digits, maximumFractionDigits: digits }, locale).format(s)} s`;
}

/** 42_000 → "42 s", 150_000 → "2 min": how long something lasts, in milliseconds. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 100) return `${s} s`;
  if (s < 100 * 60) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} days`;
}
