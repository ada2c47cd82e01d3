using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>
/// The steps of <see cref="NewtonSchulz"/> over a batch of equal matrices <c>[matrices, rows, columns]</c>: many small products at once fill a GPU that one of them would not.
/// A tall matrix takes them from the right, so nothing is transposed.
/// </summary>
internal sealed class BatchedNewtonSchulz(GraphBuilder g, int rows, int columns)
{
    private readonly bool _tall = rows > columns;

    /// <summary>Matrices whose singular values are near 1.</summary>
    /// <param name="matrices">The batch.</param>
    /// <param name="epsilon">Least Frobenius norm that a matrix is divided by.</param>
    public Value Of(Value matrices, float epsilon)
    {
        Value norms = g.Op("ReduceL2", [matrices], "norms", "", OnnxFactory.Attribute("axes", [1L, 2L]), OnnxFactory.Attribute("keepdims", 1L));
        Value x = g.Div(matrices, g.Op("Max", [norms, g.Constant(epsilon)], "norms.floored"), "normalized");
        return NewtonSchulz.IsWide(rows, columns) ? StepOnGram(x) : StepOnMatrix(x);
    }

    private Value StepOnMatrix(Value x)
    {
        for (int step = 0; step < NewtonSchulz.Steps; step++)
        {
            Value polynomial = Polynomial(Gram(x));
            x = g.Add(g.Mul(x, g.Constant(NewtonSchulz.A)), Apply(polynomial, x), "x");
        }
        return x;
    }

    private Value StepOnGram(Value x)
    {
        Value gram = Gram(x), factors = Value.None, a = g.Constant(NewtonSchulz.A);
        for (int step = 0; step < NewtonSchulz.Steps; step++)
        {
            Value polynomial = Polynomial(gram);
            factors = step == 0
                ? g.Add(polynomial, Identity(), "factors")
                : g.Add(g.Mul(factors, a), g.MatMul(polynomial, factors), "factors");
            if (step == NewtonSchulz.Steps - 1) break;
            Value left = g.Add(g.Mul(gram, a), g.MatMul(polynomial, gram), "left");
            gram = g.Add(g.Mul(left, a), g.MatMul(left, polynomial), "gram");
        }
        return Apply(factors, x);
    }

    private Value Gram(Value x) => g.FusedMatMul(x, x, "gram", transA: _tall, transB: !_tall);

    private Value Polynomial(Value gram) =>
        g.Add(g.Mul(gram, g.Constant(NewtonSchulz.B)), g.FusedMatMul(gram, gram, "square", alpha: NewtonSchulz.C), "polynomial");

    private Value Apply(Value factors, Value x) => _tall ? g.MatMul(x, factors, "from_right") : g.MatMul(factors, x, "from_left");

    private Value Identity()
    {
        string name = "identity.scaled." + Math.Min(rows, columns).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return g.Graph.Initializer.Any(known => known.Name == name) ? new Value(name) : g.Initializer(NewtonSchulz.ScaledIdentity(name, Math.Min(rows, columns)));
    }
}
