namespace Glossa.Training.Parameters;

/// <summary>Where one trainable tensor lies in a contiguous span of floats.</summary>
/// <param name="Name">The initializer's name in the graph.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">First element, in floats; a multiple of <see cref="ParameterLayout.Alignment"/>.</param>
public sealed record ParameterSlot(string Name, long[] Shape, int Offset)
{
    /// <summary>Number of elements.</summary>
    public int Length { get; } = checked((int)Shape.Aggregate(1L, (product, dimension) => checked(product * dimension)));
}

/// <summary>
/// The order and place of all trainable tensors in one span. Parameters, gradients, optimizer moments and averages
/// share one layout, so that each is one contiguous buffer that an optimizer or an all-reduce walks once.
/// </summary>
public sealed class ParameterLayout
{
    /// <summary>Slots start at multiples of this many floats (a 64-byte cache line).</summary>
    public const int Alignment = 16;

    private readonly Dictionary<string, ParameterSlot> _byName = [];

    /// <summary>Lays out the tensors in the given order.</summary>
    public ParameterLayout(IEnumerable<(string Name, long[] Shape)> tensors)
    {
        List<ParameterSlot> slots = [];
        int offset = 0;
        foreach ((string name, long[] shape) in tensors)
        {
            ParameterSlot slot = new(name, shape, offset);
            if (!_byName.TryAdd(name, slot)) throw new ArgumentException($"two parameters are called '{name}'", nameof(tensors));
            slots.Add(slot);
            offset = checked(offset + (slot.Length + Alignment - 1) / Alignment * Alignment);
        }
        Slots = slots;
        Length = offset;
    }

    /// <summary>All slots, in order.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>Length of the whole span in floats, the padding between slots included.</summary>
    public int Length { get; }

    /// <summary>Number of trainable scalars, padding not counted.</summary>
    public long ParameterCount => Slots.Sum(slot => (long)slot.Length);

    /// <summary>The slot of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">No tensor has that name.</exception>
    public ParameterSlot this[string name] => _byName[name];

    /// <summary>True where a tensor of that name is laid out.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);
}
