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
internal sealed record KernelOperator(string Name, Func<KernelAttributes, Kernel> Create);
