using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Optimizers;
using Glossa.Training.Verification;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>The same training without the training runtime: Glossa's step, Glossa's AdamW.</summary>
internal static class OwnEngine
{
    /// <summary>The loss before each update, at the learning rate of the WebAssembly runtime; the batches take turns.</summary>
    public static float[] Losses(StepModel step, GraphProto start, int steps, params IReadOnlyList<FeedTensor>[] batches)
    {
        using StepRunner runner = new(step);
        runner.Load(start);
        OptimizerGroupOptions adamW = new() { Kind = OptimizerKind.AdamW, LearningRate = 1e-3f, Betas = [0.9f, 0.999f], Epsilon = 1e-8f, WeightDecay = 0.01f };
        using Optimizer optimizer = new(runner.Layout, new OptimizerOptions { Groups = [adamW] });
        float[] losses = new float[steps];
        for (int i = 0; i < steps; i++)
        {
            losses[i] = (float)runner.Run(batches[i % batches.Length]);
            optimizer.Step(runner.Parameters, runner.Gradients);
        }
        return losses;
    }

    /// <summary>The runtime's losses are these, to 1e-5 of each; and they fell.</summary>
    public static void AssertSame(float[] runtime, float[] own)
    {
        Assert.That(runtime, Has.Length.EqualTo(own.Length));
        double worst = runtime.Zip(own, (a, b) => Math.Abs((double)a - b) / b).Max();
        TestContext.Out.WriteLine($"largest relative difference of {own.Length} losses: {worst:0.0e+0}");
        Assert.That(own[^1], Is.LessThan(own[0] * 0.99f));
        Assert.That(worst, Is.LessThan(1e-5));
    }
}
