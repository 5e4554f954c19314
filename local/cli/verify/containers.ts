// How proofs write the containers of their pods.

/** A shell that runs a script, in the one image that every example uses. */
export const sh = (name: string, script: string, rest: object = {}): object => ({
  name,
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...rest,
});

/** One of them, which is called main. */
export const main = (script: string, rest: object = {}): object => ({
  containers: [sh('main', script, rest)],
});
