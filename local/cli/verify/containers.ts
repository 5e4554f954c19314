// Short forms for the containers of the proofs' pods.

/** A container that runs a shell script in busybox, as the examples do. */
export const sh = (name: string, script: string, rest: object = {}): object => ({
  name,
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...rest,
});

/** The spec of a pod with one such container, named main. */
export const main = (script: string, rest: object = {}): object => ({
  containers: [sh('main', script, rest)],
});
