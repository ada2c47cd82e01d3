namespace Glossa.Training.Engines;

/// <summary>Whose kernels compute a step on the CPU.</summary>
public enum EngineKernels
{
    /// <summary>Glossa's own where they are faster on this processor, the runtime's elsewhere.</summary>
    Fastest,

    /// <summary>The runtime's alone: the step as it is stored.</summary>
    Runtime,
}
