using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Import;

namespace Glossa.Models.Tests.Optimization;

/// <summary>The part of an output that says something: with padding on the left, the first rows see no key and hold whatever a runtime makes of that.</summary>
internal static class RealPositions
{
    public static (double[] Before, double[] After) Of(ExportedFixture fixture, string name, DoubleTensor before, DoubleTensor after)
    {
        if (!name.Contains("leftpad", StringComparison.Ordinal) || before.Rank < 3) return (before.Data, after.Data);
        double[] mask = fixture.Inputs["attention_mask"].Data;
        int width = before.Data.Length / mask.Length;
        int[] real = [.. Enumerable.Range(0, before.Data.Length).Where(i => mask[i / width] != 0)];
        return ([.. real.Select(i => before.Data[i])], [.. real.Select(i => after.Data[i])]);
    }
}
