using CsCheck;

namespace Glossa.Models.Tests.Gradients;

/// <summary>Generators of shapes and of cases.</summary>
internal static class RuleGen
{
    internal static readonly Gen<int> Size = Gen.Frequency((1, Gen.Const(1)), (3, Gen.Int[2, 4]));

    internal static Gen<int[]> Shape(int minimumRank, int maximumRank) => Gen.Int[minimumRank, maximumRank].SelectMany(rank => Size.Array[rank]);

    internal static Gen<T> OneOf<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    /// <summary>An axis of a rank, from either end.</summary>
    internal static Gen<int> Axis(int rank) => Gen.Int[-rank, rank - 1];

    /// <summary>A set of distinct axes, some counted from the end.</summary>
    internal static Gen<long[]> Axes(int rank, int minimum = 0) => Gen.Select(Gen.Bool.Array[rank], Gen.Bool.Array[rank])
        .Select((chosen, fromEnd) => Enumerable.Range(0, rank).Where(i => chosen[i]).Select(i => (long)(fromEnd[i] ? i - rank : i)).ToArray())
        .Where(a => a.Length >= minimum);

    /// <summary>Two shapes that broadcast together.</summary>
    internal static Gen<(int[] A, int[] B)> Broadcast(int maximumRank = 3) =>
        from shape in Shape(0, maximumRank)
        from a in Part(shape)
        from b in Part(shape)
        select (a, b);

    /// <summary>A shape that broadcasts to another: leading axes left out, others set to 1.</summary>
    internal static Gen<int[]> Part(int[] shape) =>
        from skip in Gen.Int[0, shape.Length]
        from ones in Gen.Frequency((2, Gen.Const(false)), (1, Gen.Bool)).Array[shape.Length]
        select shape.Select((d, i) => ones[i] ? 1 : d).Skip(skip / 2).ToArray();

    /// <summary>A case from drawn parameters: its elements from a drawn seed, its axes static or dynamic.</summary>
    internal static Gen<Func<RuleCase>> Cases<T>(Gen<T> parameters, Action<RuleCase, T> build, bool dynamic = true) => Gen.Select(parameters, Gen.Int[0, 1_000_000], Gen.Bool)
        .Select((drawn, seed, drawnDynamic) => (Func<RuleCase>)(() =>
        {
            RuleCase test = new(seed, dynamic && drawnDynamic);
            build(test, drawn);
            return test;
        }));
}
