using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

/// <summary>Ten steps of every rule against PyTorch, to 1e-5.</summary>
public class TrajectoryTests
{
    private const float Tolerance = 1e-5f;
    private static readonly OptimizerGroupOptions AdamW = new() { Kind = OptimizerKind.AdamW, LearningRate = 0.01f, Betas = [0.9f, 0.95f], WeightDecay = 0.1f };
    private static readonly OptimizerGroupOptions Muon = new() { Kind = OptimizerKind.Muon, LearningRate = 0.02f, Momentum = 0.95f, WeightDecay = 0.1f };

    [Test]
    public void AdamW_TenSteps_MatchesPyTorch() => Check("adamw", AdamW);

    [Test]
    public void SgdMomentum_TenSteps_MatchesPyTorch() =>
        Check("sgd-momentum", new() { Kind = OptimizerKind.Sgd, LearningRate = 0.01f, Momentum = 0.9f, Nesterov = true });

    [Test]
    public void Muon_TenSteps_MatchesPyTorchInFloat32() => Check("muon-float32", Muon);

    [Test]
    public void Muon_MatchRms_MatchesPyTorchInFloat32() => Check("muon-match-rms", Muon with { Scale = MuonScale.MatchRms });

    [Test]
    public void AdamW_ClippedTo1_MatchesPyTorchAndItsNorms()
    {
        GradientClipping clipping = new(Trajectories.Layout);
        List<double> norms = [];
        (float after1, float after10) = Trajectories.Run("adamw-clip", Options(AdamW), gradients => norms.Add(clipping.Clip(gradients, 1)));
        Assert.That(after1, Is.LessThan(Tolerance));
        Assert.That(after10, Is.LessThan(Tolerance));
        Assert.That(norms, Is.EqualTo(Trajectories.NormsBeforeClipping()).Within(2e-5).Percent, "PyTorch keeps its norms in float32");
    }

    private static void Check(string run, OptimizerGroupOptions group)
    {
        using WorkerPool workers = new(2);
        (float after1, float after10) = Trajectories.Run(run, Options(group), workers: workers);
        TestContext.Out.WriteLine($"{run}: {after1:g3} after step 1, {after10:g3} after step 10");
        Assert.That(after1, Is.LessThan(Tolerance));
        Assert.That(after10, Is.LessThan(Tolerance));
    }

    private static OptimizerOptions Options(OptimizerGroupOptions group) => new() { Groups = [group] };
}
