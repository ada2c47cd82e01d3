using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Training.Parameters;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Training.Optimizers;

/// <summary>
/// Brings the singular values of matrices of one shape near 1 by five steps X = a X + (b A + c A A) X with A = X X^T
/// (the quintic of Jordan and others, "Muon", 2024), in float32. The steps are an ONNX graph of Gemm nodes whose smaller side comes
/// first; several one-thread runs of the one session may go on at once, each with scratch of its own.
/// </summary>
/// <remarks>
/// A wide matrix takes the same steps on its small Gram matrix: with P = a I + b A + c A A, the next Gram matrix is P A P, and the product Q of
/// all P multiplies X once at the end. At 4:1 that is 5/9 of the operations.
/// </remarks>
internal sealed class NewtonSchulz : IDisposable
{
    /// <summary>The quintic's coefficients.</summary>
    internal const float A = 3.4445f, B = -4.7750f, C = 2.0315f;

    /// <summary>Number of steps.</summary>
    internal const int Steps = 5;

    /// <summary>2^-50: beside a norm of 1, elements below it change no weight; as zeros they keep denormal numbers out of the products.</summary>
    private const float Negligible = 8.8817842e-16f;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly Scratch[] _scratch;

    /// <summary>Builds the graph and its session.</summary>
    public NewtonSchulz(int rows, int columns, int workers)
    {
        (double small, double large) = (Math.Min(rows, columns), Math.Max(rows, columns));
        Cost = IsWide(rows, columns)
            ? 4 * small * small * large + (8 * Steps - 6) * small * small * small
            : Steps * (4 * small * small * large + 2 * small * small * small);
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
        };
        // Fusing the transposes into the products makes those slower: Gemm reads its first operand best by rows.
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "GemmTransposeFusion");
        _session = new InferenceSession(BuildGraph(rows, columns).ToByteArray(), options);
        _scratch = [.. Enumerable.Range(0, workers).Select(_ => new Scratch(_session, rows, columns))];
    }

    /// <summary>Floating-point operations of one orthogonalisation.</summary>
    public double Cost { get; }

    /// <summary>The scratch of a worker.</summary>
    public Scratch ScratchOf(int worker) => _scratch[worker];

    /// <summary>Orthogonalises the scratch's input, which it overwrites, into its output.</summary>
    /// <param name="scratch">Input and output of one worker.</param>
    /// <param name="epsilon">Least Frobenius norm that the input is divided by.</param>
    public void Orthogonalize(Scratch scratch, float epsilon)
    {
        Span<float> input = scratch.Input.Span;
        float norm = (float)Math.Sqrt(SquareSum.Of(input));
        Vector<float> inverse = new(1 / MathF.Max(norm, epsilon));
        Vector<float> negligible = new(Negligible);
        foreach (ref Vector<float> x in MemoryMarshal.Cast<float, Vector<float>>(input))
        {
            Vector<float> scaled = x * inverse;
            x = Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(scaled), negligible), Vector<float>.Zero, scaled);
        }
        _session.RunWithBinding(_runOptions, scratch.Binding);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Scratch scratch in _scratch) scratch.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static ModelProto BuildGraph(int rows, int columns)
    {
        GraphProto graph = new() { Name = "newton_schulz" };
        GraphBuilder g = new(graph);
        Value input = g.Input("x", TensorProto.Types.DataType.Float, rows, columns);
        bool tall = rows > columns;
        Value x = tall ? g.Transpose(input, [1, 0], "wide") : input;
        x = IsWide(rows, columns) ? StepOnGram(g, x, Math.Min(rows, columns)) : StepOnMatrix(g, x);
        if (tall) x = g.Transpose(x, [1, 0], "tall");
        g.Output(x, TensorProto.Types.DataType.Float, rows, columns);
        ModelProto model = new() { IrVersion = 8, Graph = graph, ProducerName = "glossa" };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model;
    }

    /// <summary>Whether the steps are taken on the small Gram matrix.</summary>
    internal static bool IsWide(int rows, int columns) => Math.Max(rows, columns) >= 2 * Math.Min(rows, columns);

    private static Value StepOnMatrix(GraphBuilder g, Value x)
    {
        for (int step = 0; step < Steps; step++)
        {
            using IDisposable scope = g.Scope("step" + step);
            x = Gemm(g, Polynomial(g, Gram(g, x)), x, "x");
        }
        return x;
    }

    private static Value StepOnGram(GraphBuilder g, Value x, int size)
    {
        Value gram = Gram(g, x), factors = Value.None;
        for (int step = 0; step < Steps; step++)
        {
            using IDisposable scope = g.Scope("step" + step);
            Value polynomial = Polynomial(g, gram);
            factors = step == 0 ? g.Add(polynomial, g.Initializer(ScaledIdentity("identity.scaled", size)), "factors") : Gemm(g, polynomial, factors, "factors");
            if (step == Steps - 1) break;
            Value left = Gemm(g, polynomial, gram, "left");
            gram = g.Op("Gemm", [left, polynomial, left], "gram", "", Attribute("beta", A));
        }
        return g.Op("Gemm", [factors, x], "x");
    }

    /// <summary>X X^T.</summary>
    private static Value Gram(GraphBuilder g, Value x) => g.Op("Gemm", [x, x], "gram", "", Attribute("transB", 1));

    /// <summary>b A + c A A.</summary>
    private static Value Polynomial(GraphBuilder g, Value gram) =>
        g.Op("Gemm", [gram, gram, gram], "polynomial", "", Attribute("alpha", C), Attribute("beta", B));

    /// <summary>(a I + polynomial) operand.</summary>
    private static Value Gemm(GraphBuilder g, Value polynomial, Value operand, string name) =>
        g.Op("Gemm", [polynomial, operand, operand], name, "", Attribute("beta", A));

    /// <summary>a I.</summary>
    internal static TensorProto ScaledIdentity(string name, int size)
    {
        float[] identity = new float[size * size];
        for (int i = 0; i < size; i++) identity[i * size + i] = A;
        return Tensor(name, [size, size], identity);
    }

    /// <summary>Memory of one worker, bound to the session's input and output.</summary>
    internal sealed class Scratch : IDisposable
    {
        private readonly OrtValue _input;
        private readonly OrtValue _output;

        public Scratch(InferenceSession session, int rows, int columns)
        {
            int padded = (rows * columns + ParameterLayout.Alignment - 1) / ParameterLayout.Alignment * ParameterLayout.Alignment;
            Input = new FloatBuffer(padded);
            Output = new FloatBuffer(padded);
            _input = Input.Tensor(0, rows, columns);
            _output = Output.Tensor(0, rows, columns);
            Binding = session.CreateIoBinding();
            Binding.BindInput(session.InputNames[0], _input);
            Binding.BindOutput(session.OutputNames[0], _output);
        }

        /// <summary>The matrix to orthogonalise [rows, columns], with zeros behind it up to a multiple of the alignment.</summary>
        public FloatBuffer Input { get; }

        /// <summary>The result [rows, columns], likewise.</summary>
        public FloatBuffer Output { get; }

        /// <summary>Binds both to the session.</summary>
        public OrtIoBinding Binding { get; }

        public void Dispose()
        {
            Binding.Dispose();
            _input.Dispose();
            _output.Dispose();
            Input.Dispose();
            Output.Dispose();
        }
    }
}
