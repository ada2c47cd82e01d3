using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Optimize;

namespace Glossa.Pipeline.Export;

/// <summary>The smallest int4 plan that keeps its gate.</summary>
internal static class GatedPlan
{
    /// <summary>Room that is left for the texts that the gate is measured on not being those of the search.</summary>
    private const double Share = 0.8;

    /// <summary>Searches on the calibration texts, by bits per byte; null where there is nothing to search for: no gate, or no texts.</summary>
    /// <param name="model">The optimized float32 model.</param>
    /// <param name="options">The gate, the texts, how they are scored.</param>
    /// <param name="cancellation">Stops between measurements.</param>
    public static QuantizationPlan? Find(ModelProto model, ExportOptions options, CancellationToken cancellation)
    {
        if (!options.SearchPlan || !options.Gates.TryGetValue(ExportPrecision.Int4, out double gate) || options.Calibration.Count == 0) return null;
        PlanQuantizer plans = PrecisionModels.Plans(model, TextCalibration.Of(model, options.Calibration, options.Scoring.Window));
        // The languages that the sample has, numbered anew.
        int[] languages = [.. options.Calibration.Select(text => text.Language).Distinct()];
        string[] names = [.. languages.Select(language => $"{language}")];
        ScoringSequence[] texts = [.. options.Calibration.Select(text => text with { Language = Array.IndexOf(languages, text.Language) })];
        double Score(ModelProto candidate)
        {
            using CausalScorer scorer = CausalScorer.Load(candidate, options.Scoring);
            return scorer.Score(texts, names, cancellation).Mean;
        }
        double exact = Score(model);
        return PlanSearch.Find(model, gate * Share, plan => (Score(plans.Quantize(plan).Model) / exact) - 1, PrecisionModels.Options(model)).Plan;
    }
}
