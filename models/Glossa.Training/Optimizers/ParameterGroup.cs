using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>The parameters that one rule with one set of rates updates.</summary>
/// <param name="Options">The rule and its rates.</param>
/// <param name="Slots">The group's tensors, in layout order; may be empty.</param>
public sealed record ParameterGroup(OptimizerGroupOptions Options, IReadOnlyList<ParameterSlot> Slots)
{
    /// <summary>Gives every tensor to the first group that matches its name (and is a matrix, where the group takes nothing else).</summary>
    /// <exception cref="InputException">A setting is out of range, or no group takes a tensor.</exception>
    public static IReadOnlyList<ParameterGroup> Assign(ParameterLayout layout, OptimizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Groups is not { Count: > 0 })
            throw new InputException("the optimizer has no groups", fix: "give at least one group that matches '*'");
        foreach (OptimizerGroupOptions group in options.Groups) group.Validate();

        List<ParameterSlot>[] slots = [.. options.Groups.Select(_ => new List<ParameterSlot>())];
        foreach (ParameterSlot slot in layout.Slots)
        {
            int index = 0;
            while (index < slots.Length && !Takes(options.Groups[index], slot)) index++;
            if (index == slots.Length)
            {
                throw new InputException($"no optimizer group takes the parameter '{slot.Name}' of shape [{string.Join(", ", slot.Shape)}]",
                    fix: "end the groups with one of kind AdamW that matches '*'");
            }
            slots[index].Add(slot);
        }
        return [.. options.Groups.Zip(slots, (group, members) => new ParameterGroup(group, members))];
    }

    private static bool Takes(OptimizerGroupOptions group, ParameterSlot slot)
    {
        if ((group.MatricesOnly || group.Kind == OptimizerKind.Muon) && !(slot.Shape.Length == 2 && slot.Shape.All(dimension => dimension > 1))) return false;
        return group.Names?.Contains(slot.Name) ?? NamePattern.Matches(group.Match, slot.Name);
    }
}
