using Glossa.Models.Onnx;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;

namespace Glossa.Training.Verification;

/// <summary>Ten steps of AdamW on one batch, with Glossa's own optimizer, against the stored losses.</summary>
internal static class LossCurve
{
    private const double Limit = 1e-4;

    private static readonly OptimizerGroupOptions AdamW = new() { Kind = OptimizerKind.AdamW, LearningRate = 1e-3f, Betas = [0.9f, 0.999f], Epsilon = 1e-8f };

    /// <summary>The worst difference of the losses; entry k is the loss after k updates.</summary>
    public static VerificationCheck Compare(string check, float[] expected, StepRunner runner, GraphProto start, IReadOnlyList<FeedTensor> feeds, float weightDecay)
    {
        runner.Load(start);
        using Optimizer optimizer = new(runner.Layout, new OptimizerOptions { Groups = [AdamW with { WeightDecay = weightDecay }] });
        (double worst, int at) = (0, 0);
        for (int update = 0; update < expected.Length; update++)
        {
            double difference = Math.Abs(runner.Run(feeds) - expected[update]);
            if (!(difference <= worst)) (worst, at) = (difference, update);
            optimizer.Step(runner.Parameters, runner.Gradients);
        }
        return new VerificationCheck(check, worst, Limit, $"after {at} updates");
    }
}
