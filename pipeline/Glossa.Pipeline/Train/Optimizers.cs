using Glossa.Pipeline.Configuration;
using Glossa.Training.Optimizers;

namespace Glossa.Pipeline.Train;

/// <summary>Makes the optimizer's groups from the configuration.</summary>
public static class Optimizers
{
    private const string Embeddings = "*embed*|*wte*|*wpe*";
    private const string Heads = "*lm_head*|*score*|*classifier*";
    private const string Norms = "*norm*|*Norm*|*.ln_*";

    /// <summary>The pattern of a phase's <c>train</c>: what its words stand for, or itself.</summary>
    public static string PatternOf(string train) => train switch
    {
        "all" => "*",
        "embeddings" => $"{Embeddings}|{Heads}",
        "norms-and-embeddings" => $"{Embeddings}|{Heads}|{Norms}",
        _ => train,
    };

    /// <summary>
    /// The configured groups first; then the embedding, the head, Muon or AdamW for every other matrix, and AdamW for what is left.
    /// </summary>
    /// <param name="config">The section.</param>
    /// <param name="tiedHead">Whether the embedding is the output head too: it then learns at the head's rate.</param>
    public static OptimizerOptions Of(OptimizerConfig config, bool tiedHead)
    {
        ArgumentNullException.ThrowIfNull(config);
        float[] betas = [.. config.Betas.Select(beta => (float)beta)];
        OptimizerGroupOptions adam = new() { Kind = Training.Optimizers.OptimizerKind.AdamW, LearningRate = (float)config.ScalarLearningRate, Betas = betas };
        OptimizerGroupOptions muon = new()
        {
            Kind = Training.Optimizers.OptimizerKind.Muon,
            LearningRate = (float)config.MuonLearningRate,
            Momentum = (float)config.Momentum,
            WeightDecay = (float)config.WeightDecay,
        };
        List<OptimizerGroupOptions> groups = [.. config.Groups.Select(group => Named(group, adam, muon))];
        groups.Add(adam with { Match = Embeddings, LearningRate = (float)(tiedHead ? config.HeadLearningRate : config.EmbeddingLearningRate) });
        groups.Add(adam with { Match = Heads, LearningRate = (float)config.HeadLearningRate });
        groups.Add(config.MuonLearningRate > 0
            ? muon
            : adam with { MatricesOnly = true, LearningRate = (float)(config.MatrixLearningRate ?? config.ScalarLearningRate), WeightDecay = (float)config.WeightDecay });
        groups.Add(adam with { Match = "*" });
        return new OptimizerOptions { Groups = groups };
    }

    private static OptimizerGroupOptions Named(OptimizerGroup group, OptimizerGroupOptions adam, OptimizerGroupOptions muon)
    {
        OptimizerGroupOptions options = group.Kind == Configuration.OptimizerKind.Muon ? muon : adam;
        return options with
        {
            Match = group.Match,
            LearningRate = group.Kind == Configuration.OptimizerKind.Frozen ? 0 : (float)(group.LearningRate ?? options.LearningRate),
            WeightDecay = group.Kind == Configuration.OptimizerKind.Frozen ? 0 : (float)(group.WeightDecay ?? options.WeightDecay),
        };
    }
}
