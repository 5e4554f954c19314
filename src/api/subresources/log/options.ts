// Options of `GET …/log`.
import { ApiError, invalid } from '../../../errors.ts';
import type { FieldError } from '../../../errors.ts';
import { later } from '../../../later.ts';
import { present } from '../../../present.ts';
import { TIME } from '../../wire/decode.ts';
import { boolOption, intOption } from '../../wire/options.ts';

export interface LogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  /** Lines before this time are left out. */
  since?: Date;
  tailLines?: number;
  limitBytes?: number;
}

const below = (field: string, value: number, bound: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${value}: must be greater than ${bound}`,
});

function problems(
  query: URLSearchParams,
  tail: number | undefined,
  limit: number | undefined,
  since: number | undefined,
): FieldError[] {
  const found: FieldError[] = [];
  if (tail !== undefined && tail < 0) found.push(below('tailLines', tail, 'or equal to 0'));
  if (limit !== undefined && limit < 1) found.push(below('limitBytes', limit, '0'));
  if (since !== undefined && query.get('sinceTime'))
    found.push({
      field: '[]',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  else if (since !== undefined && since < 1) found.push(below('sinceSeconds', since, '0'));
  if (query.get('stream'))
    found.push({
      field: 'stream',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified',
    });
  return found;
}

/** Reads the options; throws 422, which names the pod. */
export function logOptions(query: URLSearchParams, pod: string, now: Date): LogOptions {
  const tailLines = intOption(query, 'tailLines');
  const limitBytes = intOption(query, 'limitBytes');
  const sinceSeconds = intOption(query, 'sinceSeconds');
  const found = problems(query, tailLines, limitBytes, sinceSeconds);
  if (found.length > 0) throw invalid('PodLogOptions', pod, found);
  const sinceTime = query.get('sinceTime');
  if (sinceTime && (!TIME.test(sinceTime) || Number.isNaN(Date.parse(sinceTime))))
    throw new ApiError(
      'BadRequest',
      `parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(sinceTime)} as "2006"`,
    );
  const since =
    sinceSeconds !== undefined
      ? later(now, -sinceSeconds)
      : sinceTime
        ? new Date(sinceTime)
        : undefined;
  return {
    container: query.get('container') ?? '',
    follow: boolOption(query, 'follow'),
    previous: boolOption(query, 'previous'),
    timestamps: boolOption(query, 'timestamps'),
    ...present({ since, tailLines, limitBytes }),
  };
}
