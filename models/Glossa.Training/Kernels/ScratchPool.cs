using System.Collections.Concurrent;
using Glossa.Training.Parameters;

namespace Glossa.Training.Kernels;

/// <summary>Memory for the time of one call. As many pieces exist as calls run at once, whichever threads they run on.</summary>
internal static class ScratchPool
{
    private static readonly ConcurrentBag<FloatBuffer> Free = [];

    /// <summary>At least that many floats, of any content.</summary>
    public static Lease Rent(nint length)
    {
        if (!Free.TryTake(out FloatBuffer? buffer)) return new Lease(new FloatBuffer(checked((int)length)));
        if (buffer.Length >= length) return new Lease(buffer);
        buffer.Dispose();
        return new Lease(new FloatBuffer(checked((int)length)));
    }

    /// <summary>A piece of memory that goes back when it is disposed.</summary>
    internal readonly unsafe struct Lease(FloatBuffer buffer) : IDisposable
    {
        /// <summary>The first float, at the start of a cache line.</summary>
        public float* Data => (float*)buffer.Address;

        /// <inheritdoc/>
        public void Dispose() => Free.Add(buffer);
    }
}
