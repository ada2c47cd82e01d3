using System.Globalization;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Training.Parameters;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>
/// Writes one step of an <see cref="Optimizer"/> as a graph, so that it runs where the weights are: the rules, clipping, the average of the weights, and with loss scaling the choice of leaving a
/// step out. Everything that the host would have to wait for is decided in the graph.
/// </summary>
public sealed class OptimizerGraph
{
    private const int WidestRow = 4096;

    private readonly GraphBuilder _g = new(new GraphProto { Name = "optimizer" });
    private readonly List<OptimizerTensor> _tensors = [];
    private readonly ParameterLayout _layout, _second;
    private readonly IReadOnlyList<ParameterGroup> _groups;
    private readonly OptimizerGraphOptions _options;
    private readonly StepControl _control;
    private readonly Value[] _rates;

    private OptimizerGraph(ParameterLayout layout, IReadOnlyList<ParameterGroup> groups, OptimizerGraphOptions options)
    {
        (_layout, _groups, _options) = (layout, groups, options);
        _second = Optimizer.SecondMomentLayout(layout, groups);
        Value rates = Input(OptimizerBuffer.Rates, "rates", 0, 2L * groups.Count + 1);
        _rates = _g.Ops("Split", [rates, _g.Ints([.. Enumerable.Repeat(1L, 2 * groups.Count + 1)])], [.. Enumerable.Repeat("rate", 2 * groups.Count + 1)], "",
            OnnxFactory.Attribute("axis", 0L));
        _control = new StepControl(_g, options, GradientRows(), Input(OptimizerBuffer.Gradients, "loss", layout.Length, 1), Input(OptimizerBuffer.Control, "control", 0, 3));
    }

    /// <summary>The optimizer's step for the groups that <see cref="ParameterGroup.Assign"/> made.</summary>
    public static OptimizerModel Build(ParameterLayout layout, IReadOnlyList<ParameterGroup> groups, OptimizerGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(options);
        return new OptimizerGraph(layout, groups, options).Build();
    }

    /// <summary>
    /// What the host says about a step, <see cref="OptimizerBuffer.Rates"/>: each group's rate and what its decay leaves of a weight, then what stays of the average.
    /// </summary>
    /// <param name="groups">The groups.</param>
    /// <param name="factor">Schedule factor of the learning rate.</param>
    /// <param name="averageKept">Share of the old average in the new one; 0 copies the weights.</param>
    public static float[] Rates(IReadOnlyList<ParameterGroup> groups, float factor, float averageKept)
    {
        ArgumentNullException.ThrowIfNull(groups);
        List<float> rates = [];
        foreach (OptimizerGroupOptions group in groups.Select(group => group.Options))
        {
            double rate = (double)group.LearningRate * factor;
            rates.Add((float)rate);
            rates.Add((float)(1 - rate * group.WeightDecay));
        }
        return [.. rates, averageKept];
    }

    private OptimizerModel Build()
    {
        List<(OptimizerPiece Piece, int Number, PieceState State)> pieces = [.. OptimizerPiece.Of(_layout, _groups).Select((piece, i) => (piece, i, Read(piece, i)))];
        foreach ((OptimizerPiece piece, int number, PieceState state) in pieces.Where(piece => !piece.Piece.IsMatrices))
        {
            OptimizerGroupOptions options = _groups[piece.Group].Options;
            Write(piece, number, state, options.Kind == OptimizerKind.AdamW
                ? ElementRules.AdamW(_g, options, state, _control, Rate(piece), Keep(piece))
                : ElementRules.Sgd(_g, options, state, Rate(piece), Keep(piece)));
        }
        foreach (var equal in pieces.Where(piece => piece.Piece.IsMatrices).GroupBy(piece => (piece.Piece.Group, piece.Piece.Shape[1], piece.Piece.Shape[2])))
        {
            OptimizerPiece first = equal.First().Piece;
            IReadOnlyList<PieceState> updated = MuonBatch.Update(_g, _groups[first.Group].Options, [.. equal.Select(piece => (piece.Piece, piece.State))], _options.Transposed, Rate(first), Keep(first));
            foreach (((OptimizerPiece piece, int number, PieceState state), PieceState now) in equal.Zip(updated)) Write(piece, number, state, now);
        }
        Output("control", _control.Next(), 3);
        long[] history = [_options.History, OptimizerModel.HistoryColumns];
        Output("history", _control.Recorded(Input(OptimizerBuffer.History, "history", 0, history)), history);
        GraphCleaning.MergeEqualNodes(_g.Graph);
        ModelProto model = new() { IrVersion = 8, Graph = _g.Graph, ProducerName = "glossa" };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = FusedOperators.Domain, Version = 1 });
        return new OptimizerModel(model, _tensors, _layout.Length);
    }

    private Value GradientRows()
    {
        int width = 16;
        while (width < WidestRow && _layout.Length % (2 * width) == 0) width *= 2;
        Value rows = Input(OptimizerBuffer.Gradients, "gradients", 0, _layout.Length / width, width);
        return _options.Masked ? _g.Mul(rows, Input(OptimizerBuffer.Mask, "mask", 0, _layout.Length / width, width)) : rows;
    }

    private PieceState Read(OptimizerPiece piece, int number)
    {
        Value gradients = Input(OptimizerBuffer.Gradients, Name("gradient", number), piece.Offset, piece.Shape);
        if (_options.Masked) gradients = _g.Mul(gradients, Input(OptimizerBuffer.Mask, Name("mask", number), piece.Offset, piece.Shape));
        if (_control.GradientScale != Value.None) gradients = _g.Mul(gradients, _control.GradientScale, "gradient.scaled");
        Value second = _groups[piece.Group].Options.Kind == OptimizerKind.AdamW
            ? Input(OptimizerBuffer.SecondMoment, Name("second", number), _second[piece.Slots[0].Name].Offset, piece.Shape)
            : Value.None;
        return new PieceState(Input(OptimizerBuffer.Parameters, Name("weights", number), piece.Offset, piece.Shape), gradients,
            Input(OptimizerBuffer.Momentum, Name("momentum", number), piece.Offset, piece.Shape), second);
    }

    private void Write(OptimizerPiece piece, int number, PieceState old, PieceState now)
    {
        Value weights = Output(Name("weights", number), _control.Kept(now.Weights, old.Weights, "weights.kept"), piece.Shape);
        Output(Name("momentum", number), _control.Kept(now.First, old.First, "momentum.kept"), piece.Shape);
        if (now.Second != Value.None) Output(Name("second", number), _control.Kept(now.Second, old.Second, "second.kept"), piece.Shape);
        if (!_options.Average) return;
        Value average = Input(OptimizerBuffer.Average, Name("average", number), piece.Offset, piece.Shape);
        Output(Name("average", number), _g.Add(weights, _g.Mul(_g.Sub(average, weights), _rates[^1]), "averaged"), piece.Shape);
    }

    private Value Rate(OptimizerPiece piece) => _rates[2 * piece.Group];

    private Value Keep(OptimizerPiece piece) => _rates[2 * piece.Group + 1];

    private Value Input(OptimizerBuffer buffer, string name, int offset, params long[] shape)
    {
        _tensors.Add(new OptimizerTensor(buffer, offset, shape, name));
        return _g.Input(name, DataType.Float, [.. shape.Select(dimension => (object)dimension)]);
    }

    // The new value of what the input of that name holds.
    private Value Output(string input, Value value, params long[] shape)
    {
        Value output = _g.Op("Identity", [value], "new." + input);
        _g.Output(output, DataType.Float, [.. shape.Select(dimension => (object)dimension)]);
        int read = _tensors.FindIndex(tensor => tensor.Input == input);
        _tensors[read] = _tensors[read] with { Output = output.Name };
        return output;
    }

    private static string Name(string what, int number) => what + "." + number.ToString(CultureInfo.InvariantCulture);
}
