// The data behind PersistentVolumes of local mode's own class: named volumes of the container engine.

/** A volume comes into being with the first task that mounts it. */
export interface EngineVolumes {
  /** Removes the volume and its data once no container has it; a missing one is left alone. May be called again. */
  remove(name: string): Promise<void>;
}
