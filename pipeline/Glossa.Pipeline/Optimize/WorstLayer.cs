using System.Globalization;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;
using Glossa.Training.Verification;

namespace Glossa.Pipeline.Optimize;

/// <summary>The layer to name where a precision loses too much.</summary>
internal static class WorstLayer
{
    /// <summary>The layer whose weight changed most, in words; null where no layer is quantized.</summary>
    public static string? Of(IReadOnlyList<QuantizedLayer> layers) => layers.MaxBy(layer => layer.WeightError) is { } layer
        ? string.Create(CultureInfo.InvariantCulture, $"the layer that loses most is '{layer.Weight}' ({layer.Operator}, {layer.WeightError:P2} of its weight)") : null;

    /// <summary>The layer whose output a precision changes most, all before it being exact, in words; null where no layer is quantized.</summary>
    public static string? Of(ModelProto model, ExportPrecision precision, ICalibrationSource? calibration, IEnumerable<IReadOnlyList<FeedTensor>> feeds, string folder)
    {
        ModelProto probe = PrecisionModels.LayerProbe(model, precision, calibration, out IReadOnlyList<QuantizedLayer> layers);
        if (layers.Count == 0) return null;
        double[] error = new double[layers.Count], signal = new double[layers.Count];
        using (RunnableModel session = RunnableModel.OpenTemporary(probe, folder))
        {
            foreach (IReadOnlyList<FeedTensor> feed in feeds)
            {
                IReadOnlyDictionary<string, float[]> sums = session.Run(feed);
                for (int i = 0; i < layers.Count; i++)
                {
                    error[i] += sums[$"error.{i}"][0];
                    signal[i] += sums[$"signal.{i}"][0];
                }
            }
        }
        int worst = Enumerable.Range(0, layers.Count).MaxBy(i => signal[i] == 0 ? 0 : error[i] / signal[i]);
        return string.Create(CultureInfo.InvariantCulture,
            $"the layer that loses most is '{layers[worst].Weight}' ({layers[worst].Operator}, {Math.Sqrt(error[worst] / Math.Max(signal[worst], double.Epsilon)):P2} of its output)");
    }
}
