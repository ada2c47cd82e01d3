using Glossa.Models.Onnx;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>The memory that an optimizer graph's inputs and outputs lie in, each one span of floats.</summary>
public enum OptimizerBuffer
{
    /// <summary>The weights, in the layout.</summary>
    Parameters,

    /// <summary>The gradients, in the layout, and behind them the step's loss.</summary>
    Gradients,

    /// <summary>First moments, in the layout.</summary>
    Momentum,

    /// <summary>Second moments of the AdamW parameters alone, packed.</summary>
    SecondMoment,

    /// <summary>The average of the weights, in the layout.</summary>
    Average,

    /// <summary>1 where a weight may move, 0 elsewhere, in the layout.</summary>
    Mask,

    /// <summary>What the host says about a step: <see cref="OptimizerGraph.Rates"/>.</summary>
    Rates,

    /// <summary>Steps taken, loss scale, good steps since the scale changed.</summary>
    Control,

    /// <summary>What the last steps gave, the newest last: rows of loss, norm, 1 where the step was left out, loss scale.</summary>
    History,
}

/// <summary>One tensor of an optimizer graph: what it reads, and what it writes to the same place of the buffer's other copy.</summary>
/// <param name="Buffer">Where it lies.</param>
/// <param name="Offset">First float.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Input">The graph's input.</param>
/// <param name="Output">The graph's output; null where it is only read.</param>
public sealed record OptimizerTensor(OptimizerBuffer Buffer, int Offset, long[] Shape, string Input, string? Output = null);

/// <summary>An optimizer's step as an ordinary ONNX model.</summary>
/// <param name="Model">
/// The model. It writes nothing that it reads: node order is not file order, so state is kept twice, and the copies change places after each step.
/// </param>
/// <param name="Tensors">Where its inputs and outputs lie.</param>
/// <param name="LayoutLength">Number of floats of the parameters' layout, gaps included.</param>
public sealed record OptimizerModel(ModelProto Model, IReadOnlyList<OptimizerTensor> Tensors, int LayoutLength)
{
    /// <summary>Columns of <see cref="OptimizerBuffer.History"/>.</summary>
    public const int HistoryColumns = 4;

    /// <summary>Number of floats of a buffer; 0 where the graph has none.</summary>
    public int Length(OptimizerBuffer buffer)
    {
        int end = Tensors.Where(tensor => tensor.Buffer == buffer).Select(tensor => checked((int)(tensor.Offset + tensor.Shape.Aggregate(1L, (a, b) => a * b)))).DefaultIfEmpty(0).Max();
        bool inLayout = buffer is OptimizerBuffer.Parameters or OptimizerBuffer.Momentum or OptimizerBuffer.Average or OptimizerBuffer.Mask;
        return end > 0 && inLayout ? Math.Max(end, LayoutLength) : end;
    }
}
