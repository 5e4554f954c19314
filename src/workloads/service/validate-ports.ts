// The rules of a Service's ports.
import type { FieldError } from '../../errors.ts';
import { repeats } from '../../repeats.ts';
import { between, duplicate, invalidEach, oneOf, required } from '../../validation/field-errors.ts';
import { labelProblems, portNameProblems, qualifiedNameProblems } from '../../validation/names.ts';
import type { ServicePort } from './default-service.ts';

const MAX_PORT = 65_535;

/** Problems of each port, and of duplicate names. */
export function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const second = repeats(ports.map(({ name = '' }) => name));
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const { name = '', targetPort: target, appProtocol } = port;
    return [
      ...(name !== ''
        ? invalidEach(`${field}.name`, name, labelProblems(name))
        : ports.length > 1
          ? [required(`${field}.name`)]
          : []),
      ...(name !== '' && second.has(index) ? [duplicate(`${field}.name`, name)] : []),
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
  const second = repeats(ports.map(({ protocol, port }) => `${protocol}/${port}`));
  return ports.flatMap(({ protocol, port }, index) => {
    const shown = {
      Name: '',
      Protocol: protocol,
      AppProtocol: null,
      Port: port,
      TargetPort: 0,
      NodePort: 0,
    };
    return second.has(index) ? [duplicate(`spec.ports[${index}]`, shown)] : [];
  });
}

/** Problems of duplicate node ports. */
export function repeatedNodePorts(ports: readonly ServicePort[]): FieldError[] {
  const second = repeats(ports.map(({ protocol, nodePort }) => `${protocol}/${nodePort}`));
  return ports.flatMap(({ nodePort }, index) =>
    nodePort && second.has(index) ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)] : [],
  );
}
