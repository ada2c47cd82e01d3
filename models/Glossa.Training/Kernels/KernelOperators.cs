using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Glossa.Models.Onnx;
using Glossa.Training.Kernels.Losses;
using Glossa.Training.Kernels.Products;
using Glossa.Training.Kernels.Rows;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using static Glossa.Training.Kernels.RuntimeApi;

namespace Glossa.Training.Kernels;

/// <summary>
/// Operators of Glossa's own, written in C# and registered with the runtime through its C interface: any number of inputs, of any type, and any number of float32 outputs. They stand in sessions alone,
/// never in a file.
/// </summary>
internal static unsafe class KernelOperators
{
    /// <summary>Domain of the operators.</summary>
    public const string Domain = "glossa";

    private const int Variadic = 2, Undefined = 0, Float = 1, DefaultMemory = 0, AnyVersion = int.MaxValue;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KernelOperator> All { get; } = [ProductKernel.Operator, RowProgramKernel.Operator, CrossEntropyKernel.Operator];

    private static readonly nint OperatorDomain = KnownDomain();

    /// <summary>Makes the operators known to a session.</summary>
    public static void AddTo(SessionOptions options) => AddTo(options, OperatorDomain);

    private static void AddTo(SessionOptions options, nint domain) =>
        Check(((delegate* unmanaged<nint, nint, nint>)Function(Entry.AddCustomOpDomain))(options.DangerousGetHandle(), domain));

    // The first session that has a domain enters its name into a table of the process, and the runtime does not guard that: of two at the same time one failed. So a session
    // of nothing comes first, while nobody else can have the domain yet.
    private static nint KnownDomain()
    {
        nint domain = CreateDomain();
        ModelProto nothing = new() { IrVersion = 8, Graph = new GraphProto { Name = "nothing" } };
        nothing.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        nothing.Graph.Input.Add(OnnxFactory.ValueInfo("x", TensorProto.Types.DataType.Float));
        nothing.Graph.Output.Add(OnnxFactory.ValueInfo("y", TensorProto.Types.DataType.Float));
        nothing.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { "x" }, Output = { "y" } });
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        AddTo(options, domain);
        using InferenceSession first = new(nothing.ToByteArray(), options);
        return domain;
    }

    // The runtime keeps pointers to domain and operators as long as a session lives, so both live as long as the process.
    private static nint CreateDomain()
    {
        nint domain;
        Check(((delegate* unmanaged<nint, nint*, nint>)Function(Entry.CreateCustomOpDomain))(Utf8(Domain), &domain));
        for (int i = 0; i < All.Count; i++) Check(((delegate* unmanaged<nint, Definition*, nint>)Function(Entry.CustomOpDomain_Add))(domain, Define(i)));
        return domain;
    }

    private static nint Utf8(string text)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        byte* memory = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(memory, bytes.Length));
        return (nint)memory;
    }

    private static Definition* Define(int index)
    {
        Definition* definition = (Definition*)NativeMemory.AllocZeroed((nuint)sizeof(Definition));
        *definition = new Definition
        {
            Version = RuntimeApi.Version,
            GetName = &Name,
            GetExecutionProviderType = &NoProvider,
            GetInputType = &AnyType,
            GetInputTypeCount = &One,
            GetOutputType = &FloatType,
            GetOutputTypeCount = &One,
            KernelDestroy = &Destroy,
            GetInputCharacteristic = &IsVariadic,
            GetOutputCharacteristic = &IsVariadic,
            GetInputMemoryType = &MemoryType,
            GetVariadicInputMinArity = &OneInteger,
            GetVariadicInputHomogeneity = &ZeroInteger,
            GetVariadicOutputMinArity = &OneInteger,
            GetVariadicOutputHomogeneity = &OneInteger,
            CreateKernelV2 = &CreateKernel,
            KernelComputeV2 = &Compute,
            GetStartVersion = &OneInteger,
            GetEndVersion = &LastVersion,
            OwnName = Utf8(All[index].Name),
            OwnIndex = index,
        };
        if (All[index].InPlace) definition->AllowInPlace();
        return definition;
    }

    [UnmanagedCallersOnly]
    private static nint Name(Definition* definition) => definition->OwnName;

    [UnmanagedCallersOnly]
    private static nint NoProvider(Definition* definition) => 0;

    [UnmanagedCallersOnly]
    private static int AnyType(Definition* definition, nuint index) => Undefined;

    [UnmanagedCallersOnly]
    private static int FloatType(Definition* definition, nuint index) => Float;

    [UnmanagedCallersOnly]
    private static nuint One(Definition* definition) => 1;

    [UnmanagedCallersOnly]
    private static int OneInteger(Definition* definition) => 1;

    [UnmanagedCallersOnly]
    private static int ZeroInteger(Definition* definition) => 0;

    [UnmanagedCallersOnly]
    private static int LastVersion(Definition* definition) => AnyVersion;

    [UnmanagedCallersOnly]
    private static int IsVariadic(Definition* definition, nuint index) => Variadic;

    [UnmanagedCallersOnly]
    private static int MemoryType(Definition* definition, nuint index) => DefaultMemory;

    [UnmanagedCallersOnly]
    private static nuint FirstInFirst(int** inputs, int** outputs)
    {
        *inputs = (int*)NativeMemory.AllocZeroed(1, sizeof(int));
        *outputs = (int*)NativeMemory.AllocZeroed(1, sizeof(int));
        return 1;
    }

    [UnmanagedCallersOnly]
    private static void Release(int* inputs, int* outputs)
    {
        NativeMemory.Free(inputs);
        NativeMemory.Free(outputs);
    }

    [UnmanagedCallersOnly]
    private static void Destroy(nint kernel) => GCHandle.FromIntPtr(kernel).Free();

    // What a kernel throws must not pass through the runtime's frames: it becomes the run's status.
    [UnmanagedCallersOnly]
    private static nint CreateKernel(Definition* definition, nint api, nint info, nint* kernel)
    {
        try
        {
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(All[(int)definition->OwnIndex].Create(new KernelAttributes(info))));
            return 0;
        }
        catch (Exception e)
        {
            return Failure(e.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static nint Compute(nint kernel, nint context)
    {
        try
        {
            Unsafe.As<Kernel>(GCHandle.FromIntPtr(kernel).Target!).Compute(new KernelContext(context));
            return 0;
        }
        catch (Exception e)
        {
            return Failure(e.Message);
        }
    }

    /// <summary>The runtime's OrtCustomOp, field by field, and behind it what tells one operator from another.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Definition
    {
        public uint Version;
        public nint CreateKernelV1;
        public delegate* unmanaged<Definition*, nint> GetName;
        public delegate* unmanaged<Definition*, nint> GetExecutionProviderType;
        public delegate* unmanaged<Definition*, nuint, int> GetInputType;
        public delegate* unmanaged<Definition*, nuint> GetInputTypeCount;
        public delegate* unmanaged<Definition*, nuint, int> GetOutputType;
        public delegate* unmanaged<Definition*, nuint> GetOutputTypeCount;
        public nint KernelComputeV1;
        public delegate* unmanaged<nint, void> KernelDestroy;
        public delegate* unmanaged<Definition*, nuint, int> GetInputCharacteristic;
        public delegate* unmanaged<Definition*, nuint, int> GetOutputCharacteristic;
        public delegate* unmanaged<Definition*, nuint, int> GetInputMemoryType;
        public delegate* unmanaged<Definition*, int> GetVariadicInputMinArity;
        public delegate* unmanaged<Definition*, int> GetVariadicInputHomogeneity;
        public delegate* unmanaged<Definition*, int> GetVariadicOutputMinArity;
        public delegate* unmanaged<Definition*, int> GetVariadicOutputHomogeneity;
        public delegate* unmanaged<Definition*, nint, nint, nint*, nint> CreateKernelV2;
        public delegate* unmanaged<nint, nint, nint> KernelComputeV2;
        public nint InferOutputShape;
        public delegate* unmanaged<Definition*, int> GetStartVersion;
        public delegate* unmanaged<Definition*, int> GetEndVersion;
        public delegate* unmanaged<int**, int**, nuint> GetMayInplace;
        public delegate* unmanaged<int*, int*, void> ReleaseMayInplace;
        public nint GetAliasMap;
        public nint ReleaseAliasMap;
        public nint OwnName;
        public nint OwnIndex;

        public void AllowInPlace()
        {
            GetMayInplace = &FirstInFirst;
            ReleaseMayInplace = &KernelOperators.Release;
        }
    }
}
