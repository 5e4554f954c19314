// The rules of a Service's ports.
import type { FieldError } from '../../errors.ts';
import { between, duplicate, invalidEach, oneOf, required } from '../../validation/field-errors.ts';
import { labelProblems, portNameProblems, qualifiedNameProblems } from '../../validation/names.ts';
import type { ServicePort } from './default-service.ts';

const MAX_PORT = 65_535;

/** Problems of each port, and of duplicate names. */
export function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const { name = '', targetPort: target, appProtocol } = port;
    const twice = name !== '' && names.has(name);
    names.add(name);
    return [
      ...(name !== ''
        ? invalidEach(`${field}.name`, name, labelProblems(name))
        : ports.length > 1
          ? [required(`${field}.name`)]
          : []),
      ...(twice ? [duplicate(`${field}.name`, name)] : []),
      ...between(`${field}.port`, port.port ?? 0, 1, MAX_PORT),
      ...oneOf(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
      ...(typeof target === 'string'
        ? invalidEach(`${field}.targetPort`, target, portNameProblems(target))
        : between(`${field}.targetPort`, target ?? port.port ?? 0, 1, MAX_PORT)),
      ...(appProtocol === undefined
        ? []
        : invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameProblems(appProtocol))),
    ];
  });
}

/** Problems of duplicate protocol and number; Kubernetes shows the pair as a port of its own type. */
export function repeatedPorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol, port }, index) => {
    const pair = `${protocol}/${port}`;
    const shown = {
      Name: '',
      Protocol: protocol,
      AppProtocol: null,
      Port: port,
      TargetPort: 0,
      NodePort: 0,
    };
    const errors = seen.has(pair) ? [duplicate(`spec.ports[${index}]`, shown)] : [];
    seen.add(pair);
    return errors;
  });
}

/** Problems of duplicate node ports. */
export function repeatedNodePorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol, nodePort }, index) => {
    if (!nodePort) return [];
    const pair = `${protocol}/${nodePort}`;
    const errors = seen.has(pair) ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)] : [];
    seen.add(pair);
    return errors;
  });
}
