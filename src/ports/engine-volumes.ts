// The data behind PersistentVolumes of local mode's own class: named volumes of the container engine.

/** The first task that mounts a volume creates it. */
export interface EngineVolumes {
  /** Removes the volume and its data once no container uses it; a missing one is ignored. May be called again. */
  remove(name: string): Promise<void>;
}
