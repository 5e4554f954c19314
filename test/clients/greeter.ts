// A custom kind that operators of several frameworks watch, and objects of it.

/** CustomResourceDefinition greeters.clients.example.com, with the subresource status. */
export function greeterKind(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'greeters.clients.example.com' },
    spec: {
      group: 'clients.example.com',
      scope: 'Namespaced',
      names: { plural: 'greeters', singular: 'greeter', kind: 'Greeter' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { text: { type: 'string' } } },
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      ],
    },
  };
}

/** A greeter that says `text`. */
export function greeter(name: string, text: string): object {
  return {
    apiVersion: 'clients.example.com/v1',
    kind: 'Greeter',
    metadata: { name },
    spec: { text },
  };
}
