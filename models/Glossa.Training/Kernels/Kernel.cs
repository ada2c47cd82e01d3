namespace Glossa.Training.Kernels;

/// <summary>What a node of one of <see cref="KernelOperators"/> computes. Concurrent runs share it, so it keeps nothing between calls.</summary>
internal abstract class Kernel
{
    /// <summary>Reads the inputs, writes the outputs.</summary>
    public abstract void Compute(KernelContext context);
}

/// <summary>An operator that a step on the CPU may be lowered to.</summary>
/// <param name="Name">Its name in the domain <see cref="KernelOperators.Domain"/>.</param>
/// <param name="Create">Makes the kernel of a node from its attributes.</param>
/// <param name="InPlace">Whether the first output may have the memory of the first input, where nothing else reads that and the runtime knows both to be of one shape.</param>
internal sealed record KernelOperator(string Name, Func<KernelAttributes, Kernel> Create, bool InPlace = false);
