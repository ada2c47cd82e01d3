using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Glossa.Data.Targets;

/// <summary>Writes a <see cref="TargetFile"/>, its predictions in any order and from several threads.</summary>
public sealed class TargetFileWriter : IDisposable
{
    private readonly TargetFileHeader _header;
    private readonly long[] _first;
    private readonly SafeFileHandle _file;

    /// <summary>Makes the file; it is whole once every prediction has been written.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="predictions">Number of predictions of each text; 0 for a text without any.</param>
    /// <param name="candidates">Ids of each prediction.</param>
    /// <param name="vocabulary">Ids are below this.</param>
    public TargetFileWriter(string path, IReadOnlyList<int> predictions, int candidates, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentOutOfRangeException.ThrowIfLessThan(candidates, 1);
        _first = new long[predictions.Count];
        long sum = 0;
        for (int text = 0; text < _first.Length; text++)
        {
            _first[text] = predictions[text] > 0 ? sum : -1;
            sum += predictions[text];
        }
        _header = new TargetFileHeader(vocabulary <= 1 << 16 ? sizeof(ushort) : sizeof(int), candidates, _first.Length, sum);
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(_file, _header.Write(), 0);
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(_first.AsSpan()), TargetFileHeader.Size);
    }

    /// <summary>Stores predictions of one text that follow each other.</summary>
    /// <param name="text">The text.</param>
    /// <param name="first">Number of the first one in the text.</param>
    /// <param name="ids">Their candidates, <c>[predictions, candidates]</c>.</param>
    /// <param name="probabilities">The candidates' probabilities, shaped as the ids.</param>
    public void Write(int text, int first, ReadOnlySpan<int> ids, ReadOnlySpan<float> probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(_first[text], 0, nameof(text));
        ArgumentOutOfRangeException.ThrowIfNotEqual(probabilities.Length, ids.Length);
        byte[] bytes = new byte[ids.Length / _header.Candidates * _header.PredictionBytes];
        for (int at = 0, byteAt = 0; at < ids.Length; at += _header.Candidates, byteAt += _header.PredictionBytes)
        {
            Span<byte> prediction = bytes.AsSpan(byteAt, _header.PredictionBytes);
            for (int i = 0; i < _header.Candidates; i++)
            {
                if (_header.BytesPerId == sizeof(int)) MemoryMarshal.Write(prediction[(i * sizeof(int))..], ids[at + i]);
                else MemoryMarshal.Write(prediction[(i * sizeof(ushort))..], (ushort)ids[at + i]);
                MemoryMarshal.Write(prediction[((_header.Candidates * _header.BytesPerId) + (i * sizeof(ushort)))..], (Half)probabilities[at + i]);
            }
        }
        RandomAccess.Write(_file, bytes, _header.PredictionsOffset + ((_first[text] + first) * _header.PredictionBytes));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
