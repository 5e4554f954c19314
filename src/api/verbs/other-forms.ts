// The other versions of a written kind, in which the fields of their managers are counted.
import type { OtherForm } from '../fields/managed-fields.ts';
import type { Strategy } from '../resources/strategy.ts';

/** Each shows an object that has the form of the writer's version. */
export const otherFormsOf = ({ otherForms = [], fromWire, shows }: Strategy): OtherForm[] =>
  (shows === undefined ? otherForms : []).map((form) => ({
    apiVersion: form.apiVersion,
    shape: form.shape(),
    show: (object) => form.toWire(fromWire?.(object) ?? object),
  }));
