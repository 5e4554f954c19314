// Rules of container ports, within one container and across all of them.
import type { FieldError } from '../../errors.ts';
import type { Container } from '../../kinds/pod.ts';
import { repeats } from '../../repeats.ts';
import { between, duplicate, invalidEach, oneOf, required } from '../../validation/field-errors.ts';
import { portNameProblems } from '../../validation/names.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_PORT = 65535;

/** Problems of the ports of one container. */
export function validatePorts(ports: NonNullable<Container['ports']>, field: string): FieldError[] {
  const second = repeats(ports.map(({ name }) => name));
  return ports.flatMap((port, index) => {
    const own = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (port.name) {
      const problems = portNameProblems(port.name);
      errors.push(...invalidEach(`${own}.name`, port.name, problems));
      if (problems.length === 0 && second.has(index))
        errors.push(duplicate(`${own}.name`, port.name));
    }
    errors.push(
      ...(port.containerPort
        ? between(`${own}.containerPort`, port.containerPort, 1, MAX_PORT)
        : [required(`${own}.containerPort`)]),
    );
    if (port.hostPort) errors.push(...between(`${own}.hostPort`, port.hostPort, 1, MAX_PORT));
    return [...errors, ...oneOf(`${own}.protocol`, port.protocol, PROTOCOLS)];
  });
}

/** Host ports that two of these containers claim. */
export function hostPortConflicts(containers: readonly Container[], field: string): FieldError[] {
  const claims = containers.flatMap(({ ports = [] }, at) =>
    ports.flatMap(({ hostPort, hostIP = '', protocol = 'TCP' }, index) =>
      hostPort
        ? [
            {
              place: `${field}[${at}].ports[${index}].hostPort`,
              claim: `${protocol}/${hostIP}/${hostPort}`,
            },
          ]
        : [],
    ),
  );
  const second = repeats(claims.map(({ claim }) => claim));
  return claims.flatMap(({ place, claim }, index) =>
    second.has(index) ? [duplicate(place, claim)] : [],
  );
}
