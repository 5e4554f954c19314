// The largest size of one pod's virtual node.

/** What the largest node offers to one pod. A pod that requests more stays Pending as Unschedulable, as in Kubernetes. */
export const LARGEST = { cpu: '32', memory: '244Gi', 'ephemeral-storage': '200Gi' } as const;
