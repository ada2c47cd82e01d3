using Glossa.Models.Adapters;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;

namespace Glossa.Pipeline.Finetune.Model;

/// <summary>Gives each parameter its learning rate, by its depth, and its weight decay.</summary>
internal static class RateGroups
{
    /// <summary>AdamW in one group for each pair of rate and decay, in the order of their first parameter.</summary>
    public static OptimizerOptions Of(ParameterLayout layout, TunedModel model, FinetuneOptions options)
    {
        LayerDepth depth = LayerDepth.In(model.Trained.Forward.Graph, model.NewParameters);
        // An adapter lies where its weight does.
        Dictionary<string, string> weights = model.Adapters.SelectMany(a => new[] { (Factor: a.Left, a.Weight), (Factor: a.Right, a.Weight) }).ToDictionary(a => a.Factor, a => a.Weight, StringComparer.Ordinal);
        List<OptimizerGroupOptions> groups = [];
        foreach (IGrouping<(double Rate, double Decay), ParameterSlot> group in layout.Slots.GroupBy(slot => (RateOf(slot), DecayOf(slot))))
        {
            groups.Add(new OptimizerGroupOptions
            {
                Names = group.Select(slot => slot.Name).ToHashSet(),
                Match = group.First().Name,
                LearningRate = (float)group.Key.Rate,
                WeightDecay = (float)group.Key.Decay,
                Betas = [0.9f, 0.999f],
            });
        }
        return new OptimizerOptions { Groups = groups };

        double RateOf(ParameterSlot slot)
        {
            if (model.NewParameters.Contains(slot.Name) && options.HeadLearningRate is { } rate) return rate;
            return options.Rate * Math.Pow(options.LayerDecay, depth.Layers + 1 - depth.Of(weights.GetValueOrDefault(slot.Name, slot.Name)));
        }

        double DecayOf(ParameterSlot slot) => slot.Shape.Count(dimension => dimension > 1) > 1 ? options.WeightDecay : 0;
    }
}
