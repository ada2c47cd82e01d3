using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>Chooses the codes of single weights.</summary>
internal sealed class LayerRounding(QuantizationPlan plan, QuantizerOptions options, LayerCalibration? calibration, WeightUses uses, QuantizationMemory? memory)
{
    private readonly Dictionary<string, RoundedWeight> _tables = [];

    /// <summary>True where the weight is a token table in uint8 rows, or a product that reads the same table.</summary>
    public bool IsTable(WeightUse use) => plan.For(use).Format == WeightFormat.DynamicInt8 && (use.Node.OpType == "Gather" || (use.ByRow && uses.IsEmbedding(use.Weight.Name)));

    /// <summary>
    /// The token table in the same blocks whose codes a product reads too, so that the matrix is stored once: both operators want them channel by channel, where rows fill whole blocks.
    /// Null where there is none.
    /// </summary>
    public WeightUse? BlockTable(WeightUse use)
    {
        LayerFormat format = plan.For(use);
        if (use.Node.OpType == "Gather" || !use.ByRow || !format.IsBlock || use.Inputs % format.BlockSize != 0) return null;
        return uses.All.FirstOrDefault(other => other.Node.OpType == "Gather" && other.Weight.Name == use.Weight.Name && plan.For(other) == format);
    }

    /// <summary>How a product's activation is rounded.</summary>
    public ActivationRounding Activation(WeightUse use) => calibration?.Rounding(use.Node.Input[0]) ?? new ActivationRounding(null);

    /// <summary>A weight as [inputs, channels] in float64.</summary>
    /// <exception cref="InputException">An element is not finite.</exception>
    public static double[] Matrix(WeightUse use)
    {
        float[] values = OnnxFactory.Floats(use.Weight);
        int columns = (int)use.Weight.Dims[1], rows = use.EndRow - use.FirstRow;
        double[] matrix = new double[rows * columns];
        for (int i = 0; i < matrix.Length; i++)
        {
            float value = values[use.FirstRow * columns + i];
            if (!float.IsFinite(value)) throw new InputException($"weight '{use.Weight.Name}' is not finite: element {i} is {value}", fix: "train again with a lower learning rate");
            matrix[use.ByRow ? i % columns * rows + i / columns : i] = value;
        }
        return matrix;
    }

    /// <summary>A weight's codes; those of a token table are found once, for whatever reads it.</summary>
    public RoundedWeight Round(WeightUse use)
    {
        if (use.Node.OpType != "Gather") return Known(use);
        if (!_tables.TryGetValue(use.Weight.Name, out RoundedWeight? table)) _tables[use.Weight.Name] = table = Known(use);
        return table;
    }

    private double[]? Factors(WeightUse use) => plan.For(use).IsBlock ? null : Activation(use).Factors;

    private RoundedWeight Known(WeightUse use) => memory is null ? Find(use) : memory.Weight(use, plan.For(use), Factors(use), () => Find(use));

    private RoundedWeight Find(WeightUse use)
    {
        double[] matrix = Matrix(use);
        int inputs = use.Inputs, channels = matrix.Length / inputs;
        ActivationStatistics? seen = use.Node.OpType == "Gather" ? null : calibration?.Statistics(use.Node.Input[0]);
        double[]? factors = Factors(use);
        if (factors is not null)
            for (int i = 0; i < matrix.Length; i++) matrix[i] *= factors[i / channels];
        double[] moments = seen?.Moments ?? [];
        double[] importance = [.. Enumerable.Repeat(1.0, inputs)];
        if (seen is not null)
        {
            moments = Scaled(moments, factors, inputs);
            for (int k = 0; k < inputs; k++) importance[k] = moments[k * inputs + k];
        }
        RoundingGrid grid = Grid(plan.For(use), matrix, inputs, channels, importance);
        double noise = seen is null || plan.For(use).IsBlock ? 0 : Smoothing.RoundingVariance(seen, factors);
        double[] rounded = seen is not null && options.Compensate ? ErrorCompensation.Round(matrix, moments, noise, grid) : ErrorCompensation.RoundToNearest(matrix, grid);
        return new RoundedWeight(grid, RelativeError(matrix, rounded));
    }

    private RoundingGrid Grid(LayerFormat format, double[] matrix, int inputs, int channels, double[] importance) => format.IsBlock
        ? new BlockGrid(matrix, inputs, channels, format.BlockSize, format.Bits, importance, options.SearchScales)
        : new ChannelGrid(matrix, inputs, channels, importance, options.SearchScales);

    private static double[] Scaled(double[] moments, double[]? factors, int inputs)
    {
        if (factors is null) return moments;
        double[] scaled = new double[moments.Length];
        for (int i = 0; i < inputs; i++)
            for (int j = 0; j < inputs; j++)
                scaled[i * inputs + j] = moments[i * inputs + j] / (factors[i] * factors[j]);
        return scaled;
    }

    private static double RelativeError(double[] exact, double[] rounded)
    {
        double error = 0, signal = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            error += (exact[i] - rounded[i]) * (exact[i] - rounded[i]);
            signal += exact[i] * exact[i];
        }
        return signal == 0 ? 0 : Math.Sqrt(error / signal);
    }
}
