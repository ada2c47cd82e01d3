using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Training.Kernels;

/// <summary>
/// The functions of ONNX Runtime's C interface that operators of one's own need and its C# package does not hand out: places in a table that only ever grows at its end.
/// </summary>
internal static unsafe partial class RuntimeApi
{
    /// <summary>Version of the interface that is asked for; runtimes that know it know the places below.</summary>
    public const uint Version = 19;

    private const int Fail = 1;

    private static readonly nint* Table = Load();

    /// <summary>A place in the table, under the function's own name.</summary>
    internal enum Entry
    {
        CreateStatus = 0,
        GetErrorMessage = 2,
        CreateCustomOpDomain = 26,
        CustomOpDomain_Add = 27,
        AddCustomOpDomain = 28,
        GetTensorMutableData = 51,
        GetDimensionsCount = 61,
        GetDimensions = 62,
        GetTensorTypeAndShape = 65,
        KernelInfoGetAttribute_float = 85,
        KernelInfoGetAttribute_int64 = 86,
        KernelContext_GetInputCount = 88,
        KernelContext_GetInput = 90,
        KernelContext_GetOutput = 91,
        ReleaseStatus = 93,
        ReleaseTensorTypeAndShapeInfo = 99,
        ReleaseCustomOpDomain = 101,
        KernelInfoGetAttributeArray_int64 = 163,
    }

    /// <summary>Address of a function.</summary>
    public static nint Function(Entry entry) => Table[(int)entry];

    /// <summary>Fails where a call gave a status back.</summary>
    /// <exception cref="InvalidOperationException">It did.</exception>
    public static void Check(nint status)
    {
        if (status == 0) return;
        string message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Function(Entry.GetErrorMessage))(status)) ?? "";
        Release(status);
        throw new InvalidOperationException(message);
    }

    /// <summary>True where a call gave no status back; one that did is freed.</summary>
    public static bool Succeeded(nint status)
    {
        if (status != 0) Release(status);
        return status == 0;
    }

    /// <summary>A status that says what failed.</summary>
    public static nint Failure(string message)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(message), 0];
        fixed (byte* start = text) return ((delegate* unmanaged<int, byte*, nint>)Function(Entry.CreateStatus))(Fail, start);
    }

    private static void Release(nint status) => ((delegate* unmanaged<nint, void>)Function(Entry.ReleaseStatus))(status);

    private static nint* Load()
    {
        // OrtApiBase begins with GetApi(version).
        delegate* unmanaged<uint, nint*>* start = (delegate* unmanaged<uint, nint*>*)OrtGetApiBase();
        nint* table = start[0](Version);
        return table is not null ? table : throw new InvalidOperationException($"ONNX Runtime does not know version {Version} of its interface");
    }

    [LibraryImport("onnxruntime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint OrtGetApiBase();
}
