// How large the virtual node of one pod can be.

/** What the largest node gives one pod. A pod that asks for more stays Pending as Unschedulable, as in Kubernetes. */
export const LARGEST = { cpu: '32', memory: '244Gi', 'ephemeral-storage': '200Gi' } as const;
