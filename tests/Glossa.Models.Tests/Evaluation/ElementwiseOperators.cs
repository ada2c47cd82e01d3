using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class ElementwiseOperators
{
    private static readonly double Sqrt2 = Math.Sqrt(2);

    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        void Unary(string name, Func<double, double> f) => operators[name] = n => [n[0].Map(f)];
        void Binary(string name, Func<double, double, double> f) => operators[name] = n => [Fold(n, f)];
        void Compare(string name, Func<double, double, bool> f) =>
            operators[name] = n => [Combine(n[0], n[1], (a, b) => f(a, b) ? 1 : 0) with { Type = DataType.Bool }];
        void Test(string name, Func<double, bool> f) => operators[name] = n => [n[0].Map(v => f(v) ? 1 : 0) with { Type = DataType.Bool }];

        Binary("Add", (a, b) => a + b);
        Binary("Sub", (a, b) => a - b);
        Binary("Mul", (a, b) => a * b);
        operators["Div"] = n => [Combine(n[0], n[1], n[0].IsFloating ? (a, b) => a / b : (a, b) => Math.Truncate(a / b))];
        Binary("Pow", Math.Pow);
        Binary("Min", Math.Min);
        Binary("Max", Math.Max);
        Binary("Sum", (a, b) => a + b);
        operators["Mean"] = n => [Fold(n, (a, b) => a + b).Map(v => v / n.Inputs.Length)];
        operators["PRelu"] = n => [Combine(n[0], n[1], (x, slope) => x < 0 ? x * slope : x)];
        operators["Mod"] = n => [Combine(n[0], n[1], n.Whole("fmod", 0) != 0 ? (a, b) => a % b : (a, b) => a - (b * Math.Floor(a / b)))];
        Compare("Equal", (a, b) => a == b);
        Compare("Less", (a, b) => a < b);
        Compare("LessOrEqual", (a, b) => a <= b);
        Compare("Greater", (a, b) => a > b);
        Compare("GreaterOrEqual", (a, b) => a >= b);
        Compare("And", (a, b) => a != 0 && b != 0);
        Compare("Or", (a, b) => a != 0 || b != 0);
        Compare("Xor", (a, b) => (a != 0) != (b != 0));
        Test("Not", v => v == 0);
        Test("IsNaN", double.IsNaN);
        Test("IsInf", double.IsInfinity);

        Unary("Identity", v => v);
        Unary("Neg", v => -v);
        Unary("Abs", Math.Abs);
        Unary("Sign", v => double.IsNaN(v) ? v : Math.Sign(v));
        Unary("Floor", Math.Floor);
        Unary("Ceil", Math.Ceiling);
        Unary("Round", v => Math.Round(v, MidpointRounding.ToEven));
        Unary("Sqrt", Math.Sqrt);
        Unary("Reciprocal", v => 1 / v);
        Unary("Exp", Math.Exp);
        Unary("Log", Math.Log);
        Unary("Sin", Math.Sin);
        Unary("Cos", Math.Cos);
        Unary("Tan", Math.Tan);
        Unary("Asin", Math.Asin);
        Unary("Acos", Math.Acos);
        Unary("Atan", Math.Atan);
        Unary("Sinh", Math.Sinh);
        Unary("Cosh", Math.Cosh);
        Unary("Asinh", Math.Asinh);
        Unary("Acosh", Math.Acosh);
        Unary("Atanh", Math.Atanh);
        Unary("Tanh", Math.Tanh);
        Unary("Sigmoid", Sigmoid);
        Unary("Erf", ErrorFunction.Erf);
        Unary("Relu", v => Math.Max(v, 0));
        Unary("Softplus", v => Math.Max(v, 0) + Math.Log(1 + Math.Exp(-Math.Abs(v))));
        Unary("Softsign", v => v / (1 + Math.Abs(v)));
        Unary("HardSwish", v => v * Math.Clamp((v / 6) + 0.5, 0, 1));
        Unary("Mish", v => v * Math.Tanh(Math.Max(v, 0) + Math.Log(1 + Math.Exp(-Math.Abs(v)))));
        Parametric(operators, "LeakyRelu", 0.01f, (v, alpha) => v < 0 ? v * alpha : v);
        Parametric(operators, "Elu", 1, (v, alpha) => v < 0 ? alpha * (Math.Exp(v) - 1) : v);
        Parametric(operators, "Celu", 1, (v, alpha) => v < 0 ? alpha * (Math.Exp(v / alpha) - 1) : v);
        Parametric(operators, "ThresholdedRelu", 1, (v, alpha) => v > alpha ? v : 0);
        Parametric(operators, "com.microsoft.QuickGelu", 1.702f, (v, alpha) => v * Sigmoid(alpha * v));
        Parametric(operators, "Swish", 1, (v, alpha) => v * Sigmoid(alpha * v));
        operators["Selu"] = n =>
        {
            double alpha = n.Proto.Find("alpha")?.F ?? 1.67326319217681884765625f, gamma = n.Proto.Find("gamma")?.F ?? 1.05070102214813232421875f;
            return [n[0].Map(v => gamma * (v < 0 ? alpha * (Math.Exp(v) - 1) : v))];
        };
        operators["HardSigmoid"] = n =>
        {
            double alpha = n.Proto.Find("alpha")?.F ?? 0.2f, beta = n.Proto.Find("beta")?.F ?? 0.5f;
            return [n[0].Map(v => Math.Clamp((alpha * v) + beta, 0, 1))];
        };
        operators["Gelu"] = n => [n[0].Map(n.Proto.Find("approximate")?.S.ToStringUtf8() == "tanh" ? TanhGelu : Gelu)];
        operators["com.microsoft.Gelu"] = n => [n[0].Map(Gelu)];
        operators["com.microsoft.FastGelu"] = n => [(n.Optional(1) is { } bias ? Combine(n[0], bias, (a, b) => a + b) : n[0]).Map(TanhGelu)];
        operators["com.microsoft.BiasGelu"] = n => [Combine(n[0], n[1], (a, b) => Gelu(a + b))];
        operators["Shrink"] = n =>
        {
            double lambda = n.Proto.AttributeFloat("lambd", 0.5f), bias = n.Proto.AttributeFloat("bias", 0);
            return [n[0].Map(v => v < -lambda ? v + bias : v > lambda ? v - bias : 0)];
        };
        operators["Where"] = n => [Where(n[0], n[1], n[2])];
        operators["Clip"] = Clip;
        operators["Cast"] = n => [Cast(n[0], (DataType)n.Whole("to", 0))];
        operators["CastLike"] = n => [Cast(n[0], n[1].Type)];
        operators["Dropout"] = Dropout;
    }

    private static void Parametric(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators, string name, float fallback, Func<double, double, double> f) =>
        operators[name] = n => [n[0].Map(v => f(v, n.Proto.Find("alpha")?.F ?? fallback))];

    internal static double Sigmoid(double v) => v >= 0 ? 1 / (1 + Math.Exp(-v)) : Math.Exp(v) / (1 + Math.Exp(v));

    internal static double Gelu(double v) => 0.5 * v * (1 + ErrorFunction.Erf(v / Sqrt2));

    internal static double TanhGelu(double v) => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))));

    private static DoubleTensor Fold(EvaluatedNode n, Func<double, double, double> f) => n.Inputs.Skip(1).Aggregate(n[0], (a, b) => Combine(a, b!, f));

    internal static int[] BroadcastShape(params ReadOnlySpan<int[]> shapes)
    {
        int rank = 0;
        foreach (int[] shape in shapes) rank = Math.Max(rank, shape.Length);
        int[] result = new int[rank];
        Array.Fill(result, 1);
        foreach (int[] shape in shapes)
        {
            for (int i = 0; i < shape.Length; i++)
            {
                ref int to = ref result[rank - shape.Length + i];
                if (shape[i] == 1) continue;
                to = to == 1 || to == shape[i] ? shape[i] : throw new InvalidOperationException($"{shape[i]} does not broadcast with {to}");
            }
        }
        return result;
    }

    /// <summary>The tensor repeated to a larger shape.</summary>
    internal static DoubleTensor Expand(DoubleTensor x, int[] shape)
    {
        if (x.Shape.SequenceEqual(shape)) return x;
        DoubleTensor y = DoubleTensor.Of(x.Type, shape);
        int[] strides = x.Strides;
        int skip = shape.Length - x.Rank;
        for (int i = 0; i < y.Data.Length; i++)
        {
            int rest = i, at = 0;
            for (int d = shape.Length - 1; d >= skip; d--)
            {
                int index = rest % shape[d];
                rest /= shape[d];
                if (x.Shape[d - skip] != 1) at += index * strides[d - skip];
            }
            y.Data[i] = x.Data[at];
        }
        return y;
    }

    internal static DoubleTensor Combine(DoubleTensor a, DoubleTensor b, Func<double, double, double> f)
    {
        int[] shape = BroadcastShape(a.Shape, b.Shape);
        (a, b) = (Expand(a, shape), Expand(b, shape));
        DoubleTensor y = DoubleTensor.Of(a.Type, shape);
        for (int i = 0; i < y.Data.Length; i++) y.Data[i] = f(a.Data[i], b.Data[i]);
        return y;
    }

    private static DoubleTensor Where(DoubleTensor condition, DoubleTensor a, DoubleTensor b)
    {
        int[] shape = BroadcastShape(condition.Shape, a.Shape, b.Shape);
        (condition, a, b) = (Expand(condition, shape), Expand(a, shape), Expand(b, shape));
        DoubleTensor y = DoubleTensor.Of(a.Type, shape);
        for (int i = 0; i < y.Data.Length; i++) y.Data[i] = condition.Data[i] != 0 ? a.Data[i] : b.Data[i];
        return y;
    }

    private static DoubleTensor[] Clip(EvaluatedNode n)
    {
        double low = n.Optional(1)?.Data[0] ?? n.Proto.Find("min")?.F ?? double.NegativeInfinity;
        double high = n.Optional(2)?.Data[0] ?? n.Proto.Find("max")?.F ?? double.PositiveInfinity;
        return [n[0].Map(v => Math.Min(Math.Max(v, low), high))];
    }

    private static DoubleTensor Cast(DoubleTensor x, DataType to) => to switch
    {
        DataType.Bool => x.Map(v => v != 0 ? 1 : 0) with { Type = to },
        DataType.Int64 or DataType.Int32 => x.Map(Math.Truncate) with { Type = to },
        _ => x with { Type = to },
    };

    /// <summary>Dropout at inference, or in training mode with a ratio of 0: nothing is dropped. (A random mask is fed by the test itself.)</summary>
    private static DoubleTensor[] Dropout(EvaluatedNode n) => [n[0], n[0].Map(_ => 1) with { Type = DataType.Bool }];
}
