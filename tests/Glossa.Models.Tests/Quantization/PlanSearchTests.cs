using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Quantization;

public sealed class PlanSearchTests
{
    private static readonly int[] s_widths = [32, 64, 128, 32, 64];

    // What each weight costs in 4 bits; 8 bits cost a fortieth.
    private static readonly Gen<double[]> s_costs = Gen.Double[0, 1].Array[s_widths.Length - 1];

    [Test]
    public void Find_LossesThatAddUp_KeepsTheTargetWithinAStepOfTheSmallestSize() => Gen.Select(s_costs, Gen.Double[0, 1]).Sample(drawn =>
    {
        (double[] costs, double share) = drawn;
        double target = share * costs.Sum();
        ModelProto model = Chain();
        PlannedPrecision found = PlanSearch.Find(model, target, plan => Cost(plan, costs));
        Assert.That(found.Loss, Is.LessThanOrEqualTo(target).And.EqualTo(Cost(found.Plan, costs)));
        double smallest = Plans(costs.Length).Where(plan => Cost(plan, costs) <= target).Min(Bytes);
        // A greedy knapsack over convex hulls is off by less than its last step: the one weight that is raised further than the target asks.
        Assert.That(Bytes(found.Plan), Is.LessThan(smallest + LargestStep));
        Assert.That(found.Weights.Select(w => w.LossAlone), Is.Ordered.Descending);
    }, iter: 200, threads: 1);

    [Test]
    public void Find_NoLossAllowed_KeepsFloat()
    {
        double[] costs = [1, 2, 3, 4];
        PlannedPrecision found = PlanSearch.Find(Chain(), 0, plan => Cost(plan, costs));
        Assert.That(found.Weights.Select(w => w.Format.Format), Is.All.EqualTo(WeightFormat.Full));
        Assert.That(found.Weights[0].Weight, Is.EqualTo("w3"));
    }

    [Test]
    public void Find_RoomForAll_TakesTheSmallestPlanAtOnce()
    {
        double[] costs = [1, 2, 3, 4];
        PlannedPrecision found = PlanSearch.Find(Chain(), 10, plan => Cost(plan, costs));
        Assert.That(found.Weights.Select(w => w.Format.Format), Is.All.EqualTo(WeightFormat.Block4));
        Assert.That(found.Measured, Is.EqualTo((2 * costs.Length) + 1));
    }

    [Test]
    public void Find_OneSensitiveWeight_RaisesItAlone()
    {
        double[] costs = [0.01, 0.01, 5, 0.01];
        PlannedPrecision found = PlanSearch.Find(Chain(), 0.2, plan => Cost(plan, costs));
        Assert.That(found.Weights.Where(w => w.Format.Format != WeightFormat.Block4).Select(w => (w.Weight, w.Format.Format)), Is.EqualTo(new[] { ("w2", WeightFormat.DynamicInt8) }));
    }

    private static double Cost(QuantizationPlan plan, double[] costs) =>
        costs.Select((cost, i) => plan.Layers[$"w{i}"].Format switch { WeightFormat.Block4 => cost, WeightFormat.DynamicInt8 => cost / 40, _ => 0 }).Sum();

    private static double LargestStep => Enumerable.Range(0, s_widths.Length - 1).Max(i => s_widths[i] * s_widths[i + 1]) * (4 - 0.64);

    private static double Bytes(QuantizationPlan plan) => Enumerable.Range(0, s_widths.Length - 1)
        .Sum(i => s_widths[i] * s_widths[i + 1] * (plan.Layers[$"w{i}"].Format switch { WeightFormat.Block4 => 0.64, WeightFormat.DynamicInt8 => 1.05, _ => 4 }));

    private static IEnumerable<QuantizationPlan> Plans(int weights)
    {
        WeightFormat[] formats = [WeightFormat.Block4, WeightFormat.DynamicInt8, WeightFormat.Full];
        for (int code = 0; code < (int)Math.Pow(3, weights); code++)
        {
            int rest = code;
            Dictionary<string, LayerFormat> layers = [];
            for (int i = 0; i < weights; i++, rest /= 3) layers[$"w{i}"] = new LayerFormat(formats[rest % 3]);
            yield return new QuantizationPlan { Products = new(WeightFormat.Block4), Embeddings = new(WeightFormat.Block4), Layers = layers };
        }
    }

    private static ModelProto Chain()
    {
        GraphBuilder g = Samples.Empty(out ModelProto model);
        Value x = g.Input("x", DataType.Float, "rows", s_widths[0]);
        for (int i = 0; i + 1 < s_widths.Length; i++)
            x = g.MatMul(x, g.Initializer(OnnxFactory.Tensor($"w{i}", [s_widths[i], s_widths[i + 1]], Runtime.Normal(s_widths[i] * s_widths[i + 1], (ulong)i))));
        g.Output(x, DataType.Float, "rows", s_widths[^1]);
        return model;
    }
}
